# Files from PyPI, each checked against a pinned hash and kept in the same cache as those from npm.
include("${CMAKE_CURRENT_LIST_DIR}/NpmPackage.cmake")  # the cache

# Downloads the wheel of a PyPI package ("name==version") with pip as the user has set it up, checks it, and extracts
# it into the folder dir. INSTEAD says in error messages what else the user can do.
function(sae4j_pypi_unpack package sha256 dir)
    cmake_parse_arguments(PARSE_ARGV 3 arg "" "INSTEAD" "")
    find_program(SAE4J_PYTHON NAMES python3 python)
    if(NOT SAE4J_PYTHON)
        message(FATAL_ERROR "Python's pip is needed to fetch ${package}, and no python3 is on the PATH. ${arg_INSTEAD}")
    endif()

    message(STATUS "Fetching ${package} with pip")
    file(MAKE_DIRECTORY "${dir}")
    execute_process(COMMAND "${SAE4J_PYTHON}" -m pip download --quiet --no-deps --only-binary=:all: --dest "${dir}"
                            "${package}"
                    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE error)
    file(GLOB wheel "${dir}/*.whl")
    if(failed OR NOT wheel)
        message(FATAL_ERROR "Cannot download ${package} with pip. Is pip installed and this machine online? "
                            "${arg_INSTEAD}\npip said: ${output}${error}")
    endif()
    file(SHA256 "${wheel}" actual)
    if(NOT actual STREQUAL sha256)
        message(FATAL_ERROR "${package} from PyPI is not the expected file.\n"
                            "  SHA-256 expected ${sha256}\n  SHA-256 found    ${actual}")
    endif()
    file(ARCHIVE_EXTRACT INPUT "${wheel}" DESTINATION "${dir}")
    file(REMOVE "${wheel}")
endfunction()
