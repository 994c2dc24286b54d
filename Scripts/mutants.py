"""Makes checks of the library removable in a copy of its sources, builds the copy once, and runs one suite of tests with
each of them gone: a test that notices nothing proves nothing."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
SWITCH = """
import Glibc

/// Which check is gone.
enum Mutant {
  private static let removed = unsafe getenv("MUTANT").map { unsafe String(cString: $0) }
  static func removes(_ check: String) -> Bool { removed == check }
}
"""
RUNNER = """
import Testing

@main
struct Runner {
  static func main() async { await Testing.__swiftPMEntryPoint() as Never }
}
"""
# What is compiled, in the order of the module graph.
MODULES = ["SystemCore", "TLSCodec", "CryptoCore", "LetterlockFormat", "LetterlockRelayKit", "Letterlock",
           "LetterlockTestKit"]


class Mutants:
    """The checks, and the suite that must miss each of them.

    A check is a tuple: its name, its edits, and, if nothing need be missed when it alone is gone, the reason. An edit is
    a file in Sources, its text as it stands there once, and the text without the check, in which GONE says whether it
    is gone, and {} stands for the text."""

    def __init__(self, checks, tests, suite, runs):
        self.checks, self.tests, self.suite = checks, tests, suite
        self.runs = os.environ.get("LETTERLOCK_HOSTILE_RUNS", runs)

    def prepare(self, scratch):
        for module in MODULES:
            shutil.copytree(root / "Sources" / module, scratch / "Sources" / module)
        (scratch / "Tests/LetterlockTests").mkdir(parents=True)
        for test in self.tests:
            for file in sorted((root / "Tests/LetterlockTests").glob(test + ".swift")):
                shutil.copyfile(file, scratch / "Tests/LetterlockTests" / file.name)
        (scratch / "Tests/LetterlockTests/Runner.swift").write_text(RUNNER)
        for module in {file.split("/")[0] for _, edits, *_ in self.checks for file, *_ in edits}:
            (scratch / "Sources" / module / "Mutant.swift").write_text(SWITCH)
        for name, edits, *_ in self.checks:
            for file, text, without in edits:
                path = scratch / "Sources" / file
                source = path.read_text()
                if source.count(text) != 1:
                    sys.exit(f"{name}: {file} has {source.count(text)} times: {text}")
                gone = without.replace("{}", text).replace("GONE", f'Mutant.removes("{name}")')
                path.write_text(source.replace(text, gone))

    def build(self, scratch):
        script = """
          set -euo pipefail
          source "$ROOT/Scripts/modules"
          for name in SystemCore TLSCodec CryptoCore; do module "$name"; done
          # What changes from mutant to mutant costs more to optimise than to run.
          options+=(-Onone)
          for name in LetterlockFormat LetterlockRelayKit Letterlock LetterlockTestKit; do module "$name"; done
          module LetterlockTests "$SOURCES/../Tests/LetterlockTests"
          link mutants -parse-as-library -lTesting
        """
        environment = dict(os.environ, ROOT=str(root), CONFIGURATION="release", OUT=str(scratch / "out"), SOURCES=str(scratch / "Sources"))
        subprocess.run(["bash", "-c", "OPTIONS=(-O); " + script], env=environment, check=True)

    def fault(self, scratch, mutant="", suite=None):
        """What the suite notices first; None if it notices nothing. Most faults show within a tenth of the runs."""
        for runs in [str(max(1, int(self.runs) // 10)), self.runs]:
            done = subprocess.run(
                [scratch / "out/mutants", "--testing-library", "swift-testing", "--filter", suite or self.suite],
                env=dict(os.environ, MUTANT=mutant, LETTERLOCK_HOSTILE_RUNS=runs, SWIFT_BACKTRACE="enable=no"),
                capture_output=True, text=True, errors="replace", cwd=root)
            output = done.stdout + done.stderr
            if done.returncode >= 0 and not re.search(r"Test run with [1-9]", output):
                raise RuntimeError(f"the test did not run:\n{output[-500:]}")
            if done.returncode != 0:
                found = re.search(r"seed \d+: [^\n]*", output)
                return f" ({found.group(0)})" if found else ""
        return None

    def run(self):
        with tempfile.TemporaryDirectory() as folder:
            scratch = pathlib.Path(folder)
            self.prepare(scratch)
            self.build(scratch)
            reason = self.fault(scratch)
            if reason is not None:
                sys.exit(f"the test fails with all checks in place{reason}")
            missed = backed = unnoticed = 0
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                faults = list(pool.map(lambda check: self.fault(scratch, check[0]), self.checks))
            for (name, _, *behind), reason in zip(self.checks, faults):
                if reason is not None:
                    missed, verdict = missed + 1, "missed: the test fails" + reason
                elif behind:
                    backed, verdict = backed + 1, f"not missed: {behind[0]}"
                else:
                    unnoticed, verdict = unnoticed + 1, "NOT MISSED"
                print(f"{name:40}  {verdict}", flush=True)
        print(f"Within {self.runs} runs {missed} of {len(self.checks)} checks are missed, {backed} need not be.")
        return unnoticed != 0
