# SPDX-License-Identifier: MIT
#
# A recorded trace of the kernel's full demo, replayed inside the firmware. The trace is packed into a C
# array at build time and lies in code memory.
find_program(PYTHON3 python3)

if(NOT PYTHON3)
  message(FATAL_ERROR "c_demo_replay packs its trace with python3, which is missing: "
    "apt-get install python3, or -DPYTHON3=/path/to/python3")
endif()

set(trace ${CMAKE_CURRENT_SOURCE_DIR}/../traces/freertos_full_demo_mps2.gz)
set(packer ${CMAKE_CURRENT_SOURCE_DIR}/tools/pack_trace.py)

add_custom_command(
  OUTPUT replay_trace.c
  COMMAND ${PYTHON3} ${packer} ${trace} replay_trace.c
  DEPENDS ${packer} ${trace}
  COMMENT "Packing ${trace}"
  VERBATIM)

# Compiled once for all replays.
add_library(replay_trace OBJECT ${CMAKE_CURRENT_BINARY_DIR}/replay_trace.c)
target_include_directories(replay_trace PUBLIC replay)

function(add_replay name)
  add_executable(${name} replay/replay.c $<TARGET_OBJECTS:replay_trace>)
  set_target_properties(${name} PROPERTIES C_STANDARD 99 C_EXTENSIONS OFF)
  target_include_directories(${name} PRIVATE replay)
  target_link_libraries(${name} PRIVATE demo_common)
  target_compile_definitions(${name} PRIVATE ${ARGN})
endfunction()

add_replay(c_demo_replay)
add_test(NAME c_demo_replay COMMAND c_demo_replay)
set_tests_properties(c_demo_replay PROPERTIES TIMEOUT 300)

add_replay(c_demo_replay_corrupt demoSABOTAGE=sabotageCORRUPT)
add_expected_failure(c_demo_replay_corrupt c_demo_replay_notices_corrupt
  "FAILED: event 54321: byte [0-9]+ of the block from event [0-9]+ changed")
