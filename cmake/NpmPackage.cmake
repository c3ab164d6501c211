# Files from the npm registry, each checked against a pinned hash and kept in a cache outside the source tree.

# Sets out_dir to sae4j's cache folder: SAE4J_CACHE, else the usual place for caches on this system.
function(sae4j_cache_dir out_dir)
    if(DEFINED ENV{SAE4J_CACHE})
        set(dir "$ENV{SAE4J_CACHE}")
    elseif(DEFINED ENV{XDG_CACHE_HOME})
        set(dir "$ENV{XDG_CACHE_HOME}/sae4j")
    elseif(DEFINED ENV{LOCALAPPDATA})
        set(dir "$ENV{LOCALAPPDATA}/sae4j/cache")
    else()
        set(dir "$ENV{HOME}/.cache/sae4j")
    endif()
    file(TO_CMAKE_PATH "${dir}" dir)
    set(${out_dir} "${dir}" PARENT_SCOPE)
endfunction()

# Held until this CMake process ends: two builds at once fetch once.
function(sae4j_cache_lock cache)
    file(MAKE_DIRECTORY "${cache}")
    file(LOCK "${cache}/lock" GUARD PROCESS RESULT_VARIABLE result TIMEOUT 1200)
    if(NOT result STREQUAL "0")
        message(FATAL_ERROR "Cannot lock ${cache}/lock: ${result}. "
                            "Set the environment variable SAE4J_CACHE to a folder that can be written.")
    endif()
endfunction()

# For a process that goes on to start others which want the lock.
function(sae4j_cache_unlock cache)
    file(LOCK "${cache}/lock" RELEASE)
endfunction()

# Downloads an npm package ("name@version"), checks it, and extracts what matches PATTERN into the folder dir.
# INSTEAD says in error messages what else the user can do.
function(sae4j_npm_unpack package sha512 dir)
    cmake_parse_arguments(PARSE_ARGV 3 arg "" "PATTERN;INSTEAD" "")
    # npm.cmd first: on Windows "npm" itself is a shell script.
    find_program(SAE4J_NPM NAMES npm.cmd npm)
    if(NOT SAE4J_NPM)
        message(FATAL_ERROR "npm is needed to fetch ${package} and is not on the PATH. "
                            "Install Node.js (it brings npm). ${arg_INSTEAD}")
    endif()

    message(STATUS "Fetching ${package} with npm")
    file(MAKE_DIRECTORY "${dir}")
    execute_process(COMMAND "${SAE4J_NPM}" pack --loglevel=error "${package}" WORKING_DIRECTORY "${dir}"
                    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE error)
    file(GLOB tarball "${dir}/*.tgz")
    if(failed OR NOT tarball)
        message(FATAL_ERROR "Cannot download ${package} with npm. Is this machine online? ${arg_INSTEAD}\n"
                            "npm said: ${output}${error}")
    endif()
    file(SHA512 "${tarball}" actual)
    if(NOT actual STREQUAL sha512)
        message(FATAL_ERROR "${package} from the npm registry is not the expected file.\n"
                            "  SHA-512 expected ${sha512}\n  SHA-512 found    ${actual}")
    endif()
    file(ARCHIVE_EXTRACT INPUT "${tarball}" DESTINATION "${dir}" PATTERNS "${arg_PATTERN}")
    file(REMOVE "${tarball}")
endfunction()
