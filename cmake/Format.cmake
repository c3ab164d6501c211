# Formats all C and C++ sources:  cmake -P cmake/Format.cmake
# With -DCHECK=ON before -P it changes nothing and fails if a file is not formatted.
# clang-format comes from npm, because different versions of it format differently.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/NpmPackage.cmake")

set(CLANG_FORMAT_NPM_PACKAGE "clang-format@1.8.0")  # clang-format 15.0.0
set(CLANG_FORMAT_NPM_SHA512
    "a4af20cdfbb9e7f947cc8a50d608af21b59f9f77979d4ed27f1a88c158279f98c433a8f8649623a45a85b3889204f35e77344c99f8d88ee421bbae7b5805c75f")

# Sets out_program to the clang-format for this machine, or to "" where the package has none.
function(sae4j_obtain_clang_format out_program)
    cmake_host_system_information(RESULT system QUERY OS_NAME)
    cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
    if(system STREQUAL "Linux" AND processor MATCHES "^(x86_64|amd64)$")
        set(binary "linux_x64/clang-format")
    elseif(system STREQUAL "macOS")
        set(binary "darwin_x64/clang-format")
    elseif(system MATCHES "Windows")
        set(binary "win32/clang-format.exe")
    else()
        set(${out_program} "" PARENT_SCOPE)
        return()
    endif()

    sae4j_cache_dir(cache)
    string(REPLACE "@" "-" name "${CLANG_FORMAT_NPM_PACKAGE}")
    set(folder "${cache}/${name}")
    set(${out_program} "${folder}/bin/${binary}" PARENT_SCOPE)

    sae4j_cache_lock("${cache}")
    if(NOT EXISTS "${folder}")
        file(REMOVE_RECURSE "${folder}.part")
        sae4j_npm_unpack("${CLANG_FORMAT_NPM_PACKAGE}" "${CLANG_FORMAT_NPM_SHA512}" "${folder}.part"
                         PATTERN "package/bin/${binary}"
                         INSTEAD "-Dformat.skip leaves the formatting alone.")
        file(RENAME "${folder}.part/package" "${folder}")
        file(REMOVE_RECURSE "${folder}.part")
    endif()
endfunction()

sae4j_obtain_clang_format(clang_format)
if(NOT clang_format)
    message(STATUS "No clang-format for this machine: C++ sources are not looked at")
    return()
endif()

get_filename_component(native "${CMAKE_CURRENT_LIST_DIR}/../native" ABSOLUTE)
file(GLOB_RECURSE sources "${native}/*.h" "${native}/*.c" "${native}/*.cpp" "${native}/*.inc")
if(CHECK)
    execute_process(COMMAND "${clang_format}" --style=file --dry-run --Werror ${sources} RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "C++ sources are not formatted. `mvn -Pformat` formats everything.")
    endif()
else()
    execute_process(COMMAND "${clang_format}" --style=file -i ${sources} COMMAND_ERROR_IS_FATAL ANY)
endif()
