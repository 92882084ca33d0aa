# SPDX-License-Identifier: MIT
# cmake -DCOMMAND=<program> -DSENTENCE=<regex> -P expect_failure.cmake
execute_process(COMMAND ${COMMAND} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}exit status: ${status}")

if(status STREQUAL "0")
  message(FATAL_ERROR "The fault went unnoticed: exit status 0.")
elseif(NOT output MATCHES "${SENTENCE}")
  message(FATAL_ERROR "The fault was noticed, but not by \"${SENTENCE}\".")
endif()
