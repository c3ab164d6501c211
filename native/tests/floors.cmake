# Fails if a file of a floor includes one of a floor above it, or an architecture's file from anywhere but the one place.
#   cmake -DSRC=native/src -P floors.cmake
cmake_policy(VERSION 3.25)

set(floors kernels runtime tensor sae model study api.cpp)  # lowest first
set(knows_architectures model/architecture.cpp)

get_filename_component(SRC "${SRC}" ABSOLUTE)
file(GLOB_RECURSE files RELATIVE "${SRC}" "${SRC}/*.h" "${SRC}/*.cpp" "${SRC}/*.inc")
set(broken "")  # lines that begin with a space are not wrapped
foreach(file IN LISTS files)
    string(REGEX REPLACE "/.*" "" from "${file}")
    list(FIND floors "${from}" floor)
    if(floor EQUAL -1)
        string(APPEND broken "  ${file} is on no floor\n")
    endif()
    file(STRINGS "${SRC}/${file}" includes REGEX "^ *# *include \"")
    foreach(include IN LISTS includes)
        string(REGEX REPLACE ".*\"(.*)\".*" "\\1" included "${include}")
        string(REGEX REPLACE "/.*" "" to "${included}")
        list(FIND floors "${to}" below)
        if(below GREATER floor)
            string(APPEND broken "  ${file} includes ${included}, which is above it\n")
        elseif(included MATCHES "^model/arch/" AND NOT file MATCHES "^(model/arch/|${knows_architectures}$)")
            string(APPEND broken "  ${file} includes ${included}, which only ${knows_architectures} may\n")
        endif()
    endforeach()
endforeach()
list(LENGTH files count)
if(broken OR count EQUAL 0)
    message(FATAL_ERROR "${count} files in ${SRC}\n${broken}")
endif()
