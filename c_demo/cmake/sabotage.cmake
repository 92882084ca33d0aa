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

# Seconds until the watchdog bites: of real time on the host, of virtual time in QEMU.
if(BOARD STREQUAL posix)
  set(sabotage_bound 6U)
else()
  set(sabotage_bound 100U)
endif()

function(add_sabotage fault sentence)
  string(TOLOWER ${fault} name)
  add_demo(c_demo_${name} demoSABOTAGE=sabotage${fault} demoWATCHDOG_SECONDS=${sabotage_bound})
  add_expected_failure(c_demo_${name} c_demo_notices_${name} "${sentence}")
endfunction()

add_sabotage(CORRUPT  "FAILED: block [0-9]+: its [0-9]+ bytes of contents changed")
add_sabotage(LOSE     "FAILED: mail: letter 33 of sender 1 arrived 0 times")
add_sabotage(LEAK     "FAILED: after the day: [0-9]+ bytes were free at the start, now [0-9]+")
add_sabotage(OVERFLOW "FAILED: block [0-9]+: the word behind its contents was overwritten")
add_sabotage(HANG     "watchdog: part events hangs after [0-9]+ steps")
