# Targets `ggml` and `llama` from a llama.cpp checkout in LLAMA_CPP_DIR: static, CPU only, nothing else of it built.
# The heavy products run in sae4j's own kernels, so ggml is built for the oldest x86-64 CPU that
# sae4j supports (x86-64-v2) and one library runs everywhere.

set(BUILD_SHARED_LIBS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

foreach(option IN ITEMS
        GGML_NATIVE GGML_OPENMP GGML_LLAMAFILE GGML_BACKEND_DL GGML_BLAS GGML_ACCELERATE GGML_METAL GGML_CCACHE
        GGML_AVX GGML_AVX2 GGML_BMI2 GGML_FMA GGML_F16C GGML_AVX512
        GGML_BUILD_TESTS GGML_BUILD_EXAMPLES
        LLAMA_BUILD_COMMON LLAMA_BUILD_TESTS LLAMA_BUILD_TOOLS LLAMA_BUILD_EXAMPLES LLAMA_BUILD_SERVER LLAMA_BUILD_APP
        LLAMA_OPENSSL LLAMA_CURL LLAMA_BUILD_IS_DEV)
    set(${option} OFF CACHE BOOL "set by sae4j" FORCE)
endforeach()
set(GGML_SSE42 ON CACHE BOOL "set by sae4j" FORCE)
set(LLAMA_BUILD_NUMBER 0)
set(LLAMA_BUILD_COMMIT "${LLAMA_CPP_COMMIT}")

add_subdirectory("${LLAMA_CPP_DIR}" llama.cpp EXCLUDE_FROM_ALL SYSTEM)

set_source_files_properties("${LLAMA_CPP_DIR}/ggml/src/ggml-cpu/ggml-cpu.c" TARGET_DIRECTORY ggml-cpu PROPERTIES
    COMPILE_OPTIONS "-include;${CMAKE_CURRENT_LIST_DIR}/ggml-relax.h"
    OBJECT_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/ggml-relax.h")

if(NOT MSVC)
    foreach(target IN ITEMS ggml-base ggml-cpu ggml llama)
        # -fexceptions: what ggml's abort callback throws passes through C code. -w: their warnings are theirs.
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:-fexceptions> -w)
        if(APPLE)  # some sources have these from other headers everywhere else; here <cfloat> first would lose INFINITY
            target_compile_definitions(${target} PRIVATE FLT_MAX=__FLT_MAX__ DBL_MAX=__DBL_MAX__)
        endif()
    endforeach()
endif()
