# llama.cpp: the one version that sae4j builds against, and how it gets here.
# The npm package node-llama-cpp carries llama.cpp's source as a git bundle; npm delivers it anywhere that npm works.

set(LLAMA_CPP_NPM_PACKAGE "node-llama-cpp@3.22.1")
# The registry's "integrity" of that package, in hexadecimal.
set(LLAMA_CPP_NPM_SHA512
    "6e5b488a9b9699cd76dc7eed30880318a4ac4ab866865418795502e3c5d38d55bb5c624988927209d95333343f2e25a83e4183a5c2f816f883a60c3ba9f4e20f")
set(LLAMA_CPP_VERSION "v0.5.0")
set(LLAMA_CPP_COMMIT "de3ff815ea7d559ee917f063901b8986f038abc6")

include("${CMAKE_CURRENT_LIST_DIR}/NpmPackage.cmake")

# Sets out_dir to a checkout of llama.cpp in the cache, fetched on first use.
function(sae4j_obtain_llama_cpp out_dir)
    sae4j_cache_dir(cache)
    set(checkout "${cache}/llama.cpp-${LLAMA_CPP_VERSION}")
    set(${out_dir} "${checkout}" PARENT_SCOPE)

    sae4j_cache_lock("${cache}")
    if(EXISTS "${checkout}/CMakeLists.txt")
        return()
    endif()

    find_program(SAE4J_GIT git)
    if(NOT SAE4J_GIT)
        message(FATAL_ERROR "git is needed to unpack llama.cpp and is not on the PATH. "
                            "Install git, or pass -Dllama.cpp.dir=CHECKOUT.")
    endif()

    # Everything happens beside the final place; the last step is a rename, so an interrupted build leaves no half.
    set(work "${checkout}.part")
    file(REMOVE_RECURSE "${work}")
    sae4j_npm_unpack("${LLAMA_CPP_NPM_PACKAGE}" "${LLAMA_CPP_NPM_SHA512}" "${work}"
                     PATTERN "package/llama/gitRelease.bundle"
                     INSTEAD "-Dllama.cpp.dir=CHECKOUT uses a checkout of llama.cpp ${LLAMA_CPP_VERSION} instead.")
    execute_process(
        COMMAND "${SAE4J_GIT}" -c core.autocrlf=false -c core.longpaths=true -c advice.detachedHead=false
                clone --quiet "${work}/package/llama/gitRelease.bundle" "${work}/llama.cpp"
        RESULT_VARIABLE failed ERROR_VARIABLE error)
    if(failed)
        message(FATAL_ERROR "Cannot unpack llama.cpp from ${LLAMA_CPP_NPM_PACKAGE}: ${error}")
    endif()
    execute_process(COMMAND "${SAE4J_GIT}" rev-parse HEAD WORKING_DIRECTORY "${work}/llama.cpp"
                    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT commit STREQUAL LLAMA_CPP_COMMIT)
        message(FATAL_ERROR "${LLAMA_CPP_NPM_PACKAGE} holds llama.cpp commit ${commit}, expected ${LLAMA_CPP_COMMIT}.")
    endif()
    file(RENAME "${work}/llama.cpp" "${checkout}")
    file(REMOVE_RECURSE "${work}")
endfunction()
