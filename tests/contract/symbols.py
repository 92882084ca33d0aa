# SPDX-License-Identifier: MIT
"""Contract 8.1: the symbols a heap file defines, and the headers a user's code compiles with."""
def check(builder, subject, result):
    return result
