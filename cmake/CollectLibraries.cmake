# Puts the engine's and OpenBLAS's libraries together and writes the list that Java loads them by. Maven runs:
#   cmake -D… -P CollectLibraries.cmake
#   OUTPUT_DIR    receives them and libraries.txt
#   ENGINE_DIR, OPENBLAS_DIR  where they are
#   VERSION, PLATFORM
#   JAVA_HOME     the JDK, to run what stands in java/sae4j-native/src/build
#   LICENSES_DIR  receives the licences of all that
#   MANIFEST      receives what the jar of libraries says of itself: the name of its Java module
#
# libraries.txt: the name of the folder for extracted libraries, which ends with a hash of all their bytes; then one
# line for each library in the order of loading: JavaCPP's name of it, its file, its size, its CRC-32C.
cmake_minimum_required(VERSION 3.25)

# Each needs only those before it.
set(order jnisae4j_cpu winpthread gcc_s quadmath gfortran openblas sae4j jnisae4j)

file(REMOVE_RECURSE "${OUTPUT_DIR}")
file(GLOB found "${ENGINE_DIR}/*")
file(COPY ${found} DESTINATION "${OUTPUT_DIR}")
foreach(name IN ITEMS winpthread gcc_s quadmath gfortran openblas)
    file(GLOB found "${OPENBLAS_DIR}/*${name}*")
    list(FILTER found EXCLUDE REGEX "jni[^/]*$")
    file(COPY ${found} DESTINATION "${OUTPUT_DIR}")
endforeach()

# The name by which JavaCPP knows a library that is loaded: without what a platform adds, with "@version".
function(javacpp_name file out_name)
    if(file MATCHES "\\.dll$")
        string(REGEX REPLACE "\\.dll$" "" name "${file}")
    elseif(file MATCHES "\\.dylib$")
        string(REGEX REPLACE "^lib([^.]+)(.*)\\.dylib$" "\\1@\\2" name "${file}")
    else()
        string(REGEX REPLACE "^lib(.+)\\.so(.*)$" "\\1@\\2" name "${file}")
    endif()
    string(REGEX REPLACE "@$" "" name "${name}")
    set(${out_name} "${name}" PARENT_SCOPE)
endfunction()

file(GLOB files RELATIVE "${OUTPUT_DIR}" "${OUTPUT_DIR}/*.so*" "${OUTPUT_DIR}/*.dylib" "${OUTPUT_DIR}/*.dll")
execute_process(COMMAND "${JAVA_HOME}/bin/java"
                        "${CMAKE_CURRENT_LIST_DIR}/../java/sae4j-native/src/build/java/Crc32c.java" ${files}
                WORKING_DIRECTORY "${OUTPUT_DIR}"
                OUTPUT_VARIABLE checksums OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "[\r\n]+" ";" checksums "${checksums}")
foreach(name IN LISTS order)
    foreach(file IN LISTS files)
        if(file MATCHES "^(lib)?${name}([-._].*)?$" AND NOT file IN_LIST listed)
            javacpp_name("${file}" library)
            file(SIZE "${OUTPUT_DIR}/${file}" size)
            file(SHA256 "${OUTPUT_DIR}/${file}" hash)
            list(APPEND listed "${file}")
            list(FIND files "${file}" at)
            list(GET checksums ${at} checksum)
            string(APPEND lines "${library} ${file} ${size} ${checksum}\n")
            string(APPEND hashes "${file} ${hash}\n")
        endif()
    endforeach()
endforeach()
foreach(file IN LISTS files)
    if(NOT file IN_LIST listed)
        message(FATAL_ERROR "${OUTPUT_DIR}/${file} has no place in the order of loading.")
    endif()
endforeach()

string(SHA256 hash "${hashes}")
string(SUBSTRING "${hash}" 0 16 hash)
file(WRITE "${OUTPUT_DIR}/libraries.txt" "sae4j-${VERSION}-${PLATFORM}-${hash}\n${lines}")

string(REPLACE "-" "." module "org.sae4j.engine.${PLATFORM}")
file(WRITE "${MANIFEST}" "Manifest-Version: 1.0\nAutomatic-Module-Name: ${module}\n")

set(root "${CMAKE_CURRENT_LIST_DIR}/..")
file(COPY "${root}/LICENSE" "${root}/NOTICE" "${root}/THIRD-PARTY-NOTICES" DESTINATION "${LICENSES_DIR}")
