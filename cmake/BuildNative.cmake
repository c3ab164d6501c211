# Builds native/ and puts its libraries where Maven expects them. Maven runs:  cmake -D… -P BuildNative.cmake
#   BUILD_DIR     kept between runs, so a second build does only what changed
#   INSTALL_DIR   receives the stripped libraries
#   PLATFORM      JavaCPP's name of the platform to build for
#   TOOLCHAIN     "zig", "host", or empty: "host" if this machine is of that platform, else "zig"
#   ZIG           Zig's program; empty: the pinned version, fetched on first use
#   OPENBLAS_DIR, SAE4J_VERSION, LLAMA_CPP_DIR (may be empty), SAE4J_WERROR, SAE4J_JNI_DIR: see native/CMakeLists.txt
#   JAVA_HOME     the JDK, for jni.h and to run what stands in java/sae4j-native/src/build and src/check
cmake_minimum_required(VERSION 3.25)

foreach(name IN ITEMS BUILD_DIR INSTALL_DIR PLATFORM OPENBLAS_DIR SAE4J_VERSION SAE4J_JNI_DIR JAVA_HOME)
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
    "-DSAE4J_WERROR=${SAE4J_WERROR}"
    "-DSAE4J_JNI_DIR=${SAE4J_JNI_DIR}"
    "-DSAE4J_JDK_INCLUDE=${JAVA_HOME}/include")

# JavaCPP's name of the machine that builds.
cmake_host_system_information(RESULT system QUERY OS_NAME)
cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
string(TOLOWER "${system}-${processor}" host)
string(REGEX REPLACE "^macos-" "macosx-" host "${host}")
string(REGEX REPLACE "-(amd64|x64)$" "-x86_64" host "${host}")
string(REGEX REPLACE "-aarch64$" "-arm64" host "${host}")

if(TOOLCHAIN STREQUAL "zig" OR (TOOLCHAIN STREQUAL "" AND NOT PLATFORM STREQUAL host))
    set(toolchain "${CMAKE_CURRENT_LIST_DIR}/toolchains/${PLATFORM}.cmake")
    if(NOT EXISTS "${toolchain}")
        message(FATAL_ERROR "No ${toolchain}: sae4j cannot be built for ${PLATFORM} on ${host}.")
    endif()
    include("${CMAKE_CURRENT_LIST_DIR}/Zig.cmake")
    if(NOT ZIG)
        sae4j_obtain_zig(ZIG)
    endif()
    sae4j_write_zig_tools("${ZIG}" "${BUILD_DIR}/zig")
    list(APPEND options "-DCMAKE_TOOLCHAIN_FILE=${toolchain}" "-DSAE4J_ZIG_TOOLS=${BUILD_DIR}/zig"
         "-DSAE4J_GLIBC=${SAE4J_GLIBC}")
else()
    set(SAE4J_GLIBC any)
endif()

# Ninja where it is installed, else whatever CMake chooses; a build folder keeps its generator.
find_program(NINJA NAMES ninja ninja-build)
if(NINJA AND NOT EXISTS "${BUILD_DIR}/CMakeCache.txt")
    list(APPEND options -G Ninja)
endif()

set(java "${native}/../java/sae4j-native/src")
execute_process(COMMAND "${JAVA_HOME}/bin/java" "${java}/build/java/SortMethods.java" "${SAE4J_JNI_DIR}"
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${native}" -B "${BUILD_DIR}" ${options} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${BUILD_DIR}" --config Release --parallel
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD_DIR}" --config Release --strip --prefix "${INSTALL_DIR}"
                COMMAND_ERROR_IS_FATAL ANY)

# What the libraries need of a system, and whether every one that is supported has it.
execute_process(COMMAND "${JAVA_HOME}/bin/java"
                        "${java}/check/java/CheckLibraries.java"
                        ${PLATFORM} ${SAE4J_GLIBC} "${native}/include/sae4j.h" "${INSTALL_DIR}" "${OPENBLAS_DIR}"
                COMMAND_ERROR_IS_FATAL ANY)
