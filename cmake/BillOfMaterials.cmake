# Adds to a module's bill of materials what is in its jars and Maven does not know of. Maven runs:
#   cmake -DBOM=target/bom.json -DPARTS=PART,… -DPLATFORM=NAME -DOPENBLAS_VERSION=VERSION -P BillOfMaterials.cmake
# A part is one of llama.cpp, openblas, scripts (those of `report`).
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/llama.cpp.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/Plot.cmake")

file(READ "${BOM}" bom)

function(sae4j_add_component name version purl license)
    string(JSON count LENGTH "${bom}" components)
    string(JSON bom SET "${bom}" components ${count} "{
        \"type\": \"library\", \"bom-ref\": \"${purl}\", \"name\": \"${name}\", \"version\": \"${version}\",
        \"scope\": \"required\", \"licenses\": [{\"license\": {\"id\": \"${license}\"}}], \"purl\": \"${purl}\"}")
    set(bom "${bom}" PARENT_SCOPE)
endfunction()

function(sae4j_add_npm_package package license)  # "@group/name@version" or without a group
    string(REGEX REPLACE "^@" "%40" purl "${package}")
    string(REGEX MATCH "^(.+)@([^@]+)$" matched "${package}")
    sae4j_add_component("${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}" "pkg:npm/${purl}" "${license}")
    set(bom "${bom}" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" parts "${PARTS}")
foreach(part IN LISTS parts)
    if(part STREQUAL "llama.cpp")
        sae4j_add_component(llama.cpp "${LLAMA_CPP_VERSION}"
                            "pkg:github/ggml-org/llama.cpp@${LLAMA_CPP_COMMIT}" MIT)
    elseif(part STREQUAL "openblas")
        sae4j_add_component(openblas "${OPENBLAS_VERSION}"
                            "pkg:maven/org.bytedeco/openblas@${OPENBLAS_VERSION}?classifier=${PLATFORM}&type=jar"
                            BSD-3-Clause)
    elseif(part STREQUAL "scripts")
        sae4j_add_npm_package("${D3_NPM_PACKAGE}" ISC)
        sae4j_add_npm_package("${PLOT_NPM_PACKAGE}" ISC)
    else()
        message(FATAL_ERROR "BillOfMaterials.cmake knows no part ${part}.")
    endif()
endforeach()

file(WRITE "${BOM}" "${bom}\n")
