# What the platforms' toolchains have in common: they set the system, its processor and CMAKE_CXX_COMPILER_TARGET, then
# include this. cmake/BuildNative.cmake passes SAE4J_ZIG_TOOLS, the folder with Zig's tools, and SAE4J_GLIBC.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SAE4J_ZIG_TOOLS SAE4J_GLIBC)

set(SAE4J_ZIG ON)
set(CMAKE_C_COMPILER_TARGET "${CMAKE_CXX_COMPILER_TARGET}")
set(CMAKE_C_COMPILER "${SAE4J_ZIG_TOOLS}/cc")
set(CMAKE_CXX_COMPILER "${SAE4J_ZIG_TOOLS}/c++")
set(CMAKE_RC_COMPILER "${SAE4J_ZIG_TOOLS}/rc")
set(CMAKE_AR "${SAE4J_ZIG_TOOLS}/ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "${SAE4J_ZIG_TOOLS}/ranlib" CACHE FILEPATH "")
set(CMAKE_STRIP "" CACHE FILEPATH "")  # by -s below: a strip of the build machine may not know the format
set(CMAKE_INSTALL_NAME_TOOL install_name_tool CACHE FILEPATH "")  # CMake wants one for macOS, and never runs it

# With -O Zig adds no undefined-behaviour sanitizer of its own, and needs its libc++ in one variant only.
set(CMAKE_TRY_COMPILE_CONFIGURATION Release)
set(CMAKE_C_FLAGS_INIT -O2)
set(CMAKE_CXX_FLAGS_INIT -O2)
set(CMAKE_EXE_LINKER_FLAGS_INIT -s)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -s)

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
