# SPDX-License-Identifier: MIT
#
# The demo with one fault built in, once per fault of src/sabotage.h: each must end with a status that is
# not 0 and with the right sentence.

function(add_expected_failure program test sentence)
  add_test(NAME ${test}
    COMMAND ${CMAKE_COMMAND}
      "-DCOMMAND=${CMAKE_CROSSCOMPILING_EMULATOR};$<TARGET_FILE:${program}>"
      "-DSENTENCE=${sentence}"
      -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/expect_failure.cmake)
  set_tests_properties(${test} PROPERTIES TIMEOUT 120)
endfunction()

function(add_sabotage fault sentence)
  string(TOLOWER ${fault} name)
  add_demo(c_demo_${name} demoSABOTAGE=sabotage${fault} ${ARGN})
  add_expected_failure(c_demo_${name} c_demo_notices_${name} "${sentence}")
endfunction()

add_sabotage(CORRUPT  "FAILED: block [0-9]+: its [0-9]+ bytes of contents changed")
add_sabotage(LOSE     "FAILED: mail: letter 33 of sender 1 arrived 0 times")
add_sabotage(LEAK     "FAILED: after the day: [0-9]+ bytes were free at the start, now [0-9]+")
add_sabotage(OVERFLOW "FAILED: block [0-9]+: the word behind its contents was overwritten")

# The host's watchdog runs in real time: do not wait for two minutes. QEMU's time is virtual.
if(BOARD STREQUAL posix)
  add_sabotage(HANG "watchdog: part events hangs after [0-9]+ steps" demoWATCHDOG_SECONDS=6U)
else()
  add_sabotage(HANG "watchdog: part events hangs after [0-9]+ steps")
endif()
