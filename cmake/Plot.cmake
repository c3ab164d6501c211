# What draws the charts of `report`, into a folder:  cmake -DOUT=FOLDER -P cmake/Plot.cmake
# Observable Plot and the library below it, as their projects bundle them for browsers.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/NpmPackage.cmake")

set(PLOT_NPM_PACKAGE "@observablehq/plot@0.6.17")
set(PLOT_NPM_SHA512
    "fea6973ffee67383144b4b3870f3c50120d18edb16a7ce7f4db7ec722a83814d47c188b16d26dbcad36e2270fc01c4d80b7c5ac400a0557d3a6a075f432f56fa")
set(D3_NPM_PACKAGE "d3@7.9.0")
set(D3_NPM_SHA512
    "7b5538ea354ffb0ec8badf09b7cae2d58b0f3af169838ea4f8af13a426f43fece30a48e43e757b5b37c3273307cb52e703ec23e692d3d708cef74d602d778484")

if(NOT OUT)  # included to know these
    return()
endif()

# Copies a file of a package's dist/ to OUT, from the cache or, at first, the registry.
function(sae4j_copy_script package sha512 file)
    string(REGEX REPLACE "^@" "" name "${package}")
    string(REGEX REPLACE "[@/]" "-" name "${name}")
    set(cached "${cache}/scripts/${name}/${file}")
    if(NOT EXISTS "${cached}")
        set(work "${cache}/scripts/${name}.part")
        file(REMOVE_RECURSE "${work}")
        sae4j_npm_unpack("${package}" "${sha512}" "${work}" PATTERN "package/dist/${file}")
        file(MAKE_DIRECTORY "${cache}/scripts/${name}")
        file(RENAME "${work}/package/dist/${file}" "${cached}")
        file(REMOVE_RECURSE "${work}")
    endif()
    file(COPY "${cached}" DESTINATION "${OUT}")
endfunction()

sae4j_cache_dir(cache)
sae4j_cache_lock("${cache}")
sae4j_copy_script("${D3_NPM_PACKAGE}" "${D3_NPM_SHA512}" "d3.min.js")
sae4j_copy_script("${PLOT_NPM_PACKAGE}" "${PLOT_NPM_SHA512}" "plot.umd.min.js")
