# macOS 12 and later, on Macs with Intel's processors.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER_TARGET x86_64-macos.12.0)
include("${CMAKE_CURRENT_LIST_DIR}/zig.cmake")
