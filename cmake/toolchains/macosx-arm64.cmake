# macOS 12 and later.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR arm64)
set(CMAKE_CXX_COMPILER_TARGET aarch64-macos.12.0)
include("${CMAKE_CURRENT_LIST_DIR}/zig.cmake")
