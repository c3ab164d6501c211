# Builds native/ and puts libsae4j where Maven expects it. Maven runs:  cmake -D… -P BuildNative.cmake
#   BUILD_DIR     kept between runs, so a second build does only what changed
#   INSTALL_DIR   receives the stripped library
#   PLATFORM      JavaCPP's name of the platform; toolchains/PLATFORM.cmake is used if there is one
#   OPENBLAS_DIR, SAE4J_VERSION, LLAMA_CPP_DIR (may be empty), SAE4J_WERROR: see native/CMakeLists.txt
cmake_minimum_required(VERSION 3.25)

foreach(name IN ITEMS BUILD_DIR INSTALL_DIR PLATFORM OPENBLAS_DIR SAE4J_VERSION)
    if("${${name}}" STREQUAL "")
        message(FATAL_ERROR "BuildNative.cmake needs -D${name}=…")
    endif()
endforeach()

get_filename_component(native "${CMAKE_CURRENT_LIST_DIR}/../native" ABSOLUTE)
set(options
    -DCMAKE_BUILD_TYPE=Release
    -DSAE4J_SANITIZE=OFF  # .ci/run may have turned it on
    "-DOPENBLAS_DIR=${OPENBLAS_DIR}"
    "-DLLAMA_CPP_DIR=${LLAMA_CPP_DIR}"
    "-DSAE4J_VERSION=${SAE4J_VERSION}"
    "-DSAE4J_WERROR=${SAE4J_WERROR}")
set(toolchain "${CMAKE_CURRENT_LIST_DIR}/toolchains/${PLATFORM}.cmake")
if(EXISTS "${toolchain}")
    list(APPEND options "-DCMAKE_TOOLCHAIN_FILE=${toolchain}")
endif()

# Ninja where it is installed, else whatever CMake chooses; a build folder keeps its generator.
find_program(NINJA NAMES ninja ninja-build)
if(NINJA AND NOT EXISTS "${BUILD_DIR}/CMakeCache.txt")
    list(APPEND options -G Ninja)
endif()

execute_process(COMMAND "${CMAKE_COMMAND}" -S "${native}" -B "${BUILD_DIR}" ${options} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${BUILD_DIR}" --config Release --parallel
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD_DIR}" --config Release --strip --prefix "${INSTALL_DIR}"
                COMMAND_ERROR_IS_FATAL ANY)
