# Zig: the one version whose C and C++ compiler builds sae4j for other platforms, and how it gets here.
# It carries the headers and stubs of each system's libraries, glibc's of any version among them.

set(ZIG_PYPI_PACKAGE "ziglang==0.17.1")
# PyPI's hash of the wheel for Linux on x86-64.
set(ZIG_PYPI_SHA256 "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54")

# The oldest glibc that sae4j's own libraries run with: RHEL 8, Debian 10, Ubuntu 18.10 and what came after them.
set(SAE4J_GLIBC 2.28)

include("${CMAKE_CURRENT_LIST_DIR}/PypiPackage.cmake")

# Sets out_program to zig in the cache, fetched on first use.
function(sae4j_obtain_zig out_program)
    set(instead "Install Zig (${ZIG_PYPI_PACKAGE} on PyPI) and pass -Dzig=PROGRAM.")
    cmake_host_system_information(RESULT system QUERY OS_NAME)
    cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
    if(NOT (system STREQUAL "Linux" AND processor STREQUAL "x86_64"))
        message(FATAL_ERROR "sae4j fetches Zig for Linux on x86-64 only. ${instead}")
    endif()

    sae4j_cache_dir(cache)
    string(REPLACE "==" "-" name "${ZIG_PYPI_PACKAGE}")
    set(folder "${cache}/${name}")
    set(${out_program} "${folder}/zig" PARENT_SCOPE)

    sae4j_cache_lock("${cache}")
    if(NOT EXISTS "${folder}")
        file(REMOVE_RECURSE "${folder}.part")
        sae4j_pypi_unpack("${ZIG_PYPI_PACKAGE}" "${ZIG_PYPI_SHA256}" "${folder}.part" INSTEAD "${instead}")
        file(CHMOD "${folder}.part/ziglang/zig" FILE_PERMISSIONS
             OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
        file(RENAME "${folder}.part/ziglang" "${folder}")
        file(REMOVE_RECURSE "${folder}.part")
    endif()
    sae4j_cache_unlock("${cache}")
endfunction()

# Writes Zig's tools into the folder dir, each as a program of its own, which CMake wants: cc, c++, ar, …
function(sae4j_write_zig_tools zig dir)
    foreach(tool IN ITEMS cc c++ ar ranlib rc)
        file(CONFIGURE OUTPUT "${dir}/${tool}" CONTENT "#!/bin/sh\nexec '${zig}' ${tool} \"$@\"\n" @ONLY)
        file(CHMOD "${dir}/${tool}" FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    endforeach()
endfunction()
