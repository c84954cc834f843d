#!/usr/bin/env python3
"""usage: plant_test.py COMPILER: whether tests/mutants/plant plants what its list says."""

import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
loader = importlib.machinery.SourceFileLoader("plant", str(HERE / "plant"))
plant = importlib.util.module_from_spec(importlib.util.spec_from_loader("plant", loader))
loader.exec_module(plant)

CODE = """#include <cstdio>

int twice(int of) { return 2 * of; }

struct counter {
  int next(int by) {
    count += by;
    if (count > 9)
      count = 0;
    return count;
  }
  int count = 0;
};

int main() {
  counter counts;
  if (twice(2) > 3) counts.next(
      twice(3));
  else
    counts.next(1);
  counts.next(1);
  std::printf("%d\\n", counts.count);
}
"""

LIST = """# a comment
1 nothing is counted
  a.cpp  next
- count += by;

2 a sum is taken
  a.cpp  twice
- 2 * of
+ 2 + of

3 two edits, one of them over two lines
  a.cpp  main
- counts.next(twice(3));
+ counts.next(5);
  a.cpp  twice
- of
+ 4

4 the same text as another
  a.cpp  next
- count += by;
+ if (by > 1)
+   ++count;

5 statements, whatever stands between them
  a.cpp  next
- if (…) count = 0; return count;
+ return 100;
"""


def planted(code=CODE, listed=LIST):
    return plant.plant(code, plant.read_list(listed))


class Planter(unittest.TestCase):
    def refused(self, sentence, **of):
        with self.assertRaises(plant.Problem) as caught:
            planted(**of)
        self.assertIn(sentence, str(caught.exception))

    def test_each_bug_is_on_where_its_number_is_chosen_and_none_else(self):
        with tempfile.TemporaryDirectory() as folder:
            source, program = pathlib.Path(folder, "a.cpp"), pathlib.Path(folder, "a")
            source.write_text(planted())
            subprocess.run(
                [
                    sys.argv[1],
                    "-std=c++20",
                    "-Wall",
                    "-Werror",
                    f"-I{HERE.parent.parent}",
                    source,
                    "-o",
                    program,
                ],
                check=True,
            )
            others = {name: text for name, text in os.environ.items() if name != "PLANTED"}

            def printed(switch):
                run = subprocess.run(
                    [program], env=others | switch, check=True, stdout=subprocess.PIPE
                )
                return int(run.stdout)

            self.assertEqual(printed({}), 7)  # 2 * 3 + 1
            for number, expected in {"77": 7, "1": 0, "2": 6, "3": 6, "4": 1, "5": 7}.items():
                with self.subTest(number):
                    self.assertEqual(printed({"PLANTED": number}), expected)

    def test_a_text_that_is_gone_is_named(self):
        self.refused(
            "1 (nothing is counted): 'count += by;' occurs 0 times in next, a.cpp",
            code=CODE.replace("+=", "-="),
        )

    def test_a_text_that_is_there_twice_is_named(self):
        self.refused(
            "2 (a sum is taken): '2 * of' occurs 2 times in twice",
            code=CODE.replace("2 * of", "2 * of + 2 * of"),
        )

    def test_a_function_that_is_gone_is_named(self):
        self.refused("occurs 0 times in twice", code=CODE.replace("int twice", "int double_of"))

    def test_a_text_is_looked_for_in_its_function_only(self):
        self.refused("occurs 0 times in main", listed="1 a\n  a.cpp  main\n- 2 * of\n")

    def test_a_part_of_a_word_is_not_the_word(self):
        self.refused("occurs 0 times", listed="1 a\n  a.cpp  next\n- coun\n")
        self.refused("occurs 0 times", listed="1 a\n  a.cpp  main\n- ounts.next(1)\n")

    def test_edits_that_overlap_are_named(self):
        self.refused(
            "overlaps another edit",
            listed="1 a\n  a.cpp  next\n- count += by; if (…) count = 0;\n"
            "2 b\n  a.cpp  next\n- if (…) count = 0; return count;\n",
        )

    def test_a_list_that_cannot_be_read_is_refused(self):
        for wrong in [
            "- of\n",
            "1 a\n- of\n",
            "1 a\n  a.cpp\n",
            "1 a\n  a.cpp  twice\nof\n",
            "1 a\n  a.cpp  twice\n+ of\n",
            "1 a\n  a.cpp  twice\n- of\n1 b\n  a.cpp  twice\n- 2\n",
        ]:
            with self.subTest(wrong), self.assertRaises(plant.Problem):
                plant.read_list(wrong)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
