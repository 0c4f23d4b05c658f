"""The NLU's figures: what it reads rightly, how sure it is, how quick and how large it is.

    python -m bench.nlu [--embeddings] [--only banking77] [--shared ../shared/nlu] [--part val]

Each data set is written as a project of its own, trained with the pipeline of config.yml, saved,
loaded and read; speed and memory are measured in a fresh process, on one thread. Replies, names,
yes or no and opt-outs are read with the model that the shipped data make.
"""

import argparse
import json
import operator
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

from threadpoolctl import threadpool_limits

from bench import nlu_languages, nlu_replies, nlu_sets
from nlu import pipeline
from nlu.interpreter import Interpreter

# Read by the libraries when they start.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SHIPPED = ("replies", "names", "yesno", "optout", "languages", "speed")
# So many texts are enough for the 99th percentile.
TIMED_TEXTS = 2000


class Table:
    """Printed line by line, as soon as there is something to print."""

    def __init__(self, embeddings: bool) -> None:
        self._column = 1 if embeddings else 0
        print(f"{'':34}{'measured':>24}   asked")

    def line(self, what: str, measured: str, *asked: str) -> None:
        """`asked` of the default pipeline and of the one with embeddings."""
        wanted = asked[self._column] if asked else ""
        print(f"{what:34}{measured:>24}   {wanted}", flush=True)


def main(arguments: argparse.Namespace) -> None:
    table = Table(arguments.embeddings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for data_set in nlu_sets.SETS:
            if arguments.only in (None, data_set):
                measure_set(data_set, arguments, folder / data_set, table)
        if arguments.only in (None, "replies"):
            measure_replies(arguments, table)
        if arguments.only in (None, *SHIPPED[1:]):
            measure_shipped(arguments, folder / "shipped", table)


ASKED_ACCURACY = {
    "banking77": ("91.5", "93.5"),
    "clinc150": ("92", "95.5"),
    "hwu64": ("88.5", "91.5"),
}
ASKED_RECALL = ("45", "60")


def measure_set(name: str, arguments: argparse.Namespace, folder: Path, table: Table) -> None:
    """Train and judge one of the public sets."""
    config = nlu_sets.shipped_config(embeddings=arguments.embeddings)
    result = nlu_sets.measure(nlu_sets.SETS[name], arguments.shared, arguments.part, config, folder)
    table.line(f"{name}: accuracy", percent(result.accuracy), *ASKED_ACCURACY[name])
    table.line("  macro-F1", percent(result.macro_f1))
    table.line("  expected calibration error", percent(result.calibration_error))
    outside = result.outside
    if outside is not None:
        table.line("  out of scope, AUROC", f"{outside.auroc:.3f}")
        table.line(
            f"  recall, threshold {outside.threshold:.2f}", percent(outside.recall), *ASKED_RECALL
        )
        table.line("  in scope at that threshold", percent(outside.accuracy), *ASKED_ACCURACY[name])
    table.line("  training, s of CPU", f"{result.training:.1f}", "30", "30")
    probe(folder / "models", result.texts, table)


def measure_replies(arguments: argparse.Namespace, table: Table) -> None:
    """Short replies by cross-validation."""
    config = nlu_sets.shipped_config(embeddings=arguments.embeddings)
    found = nlu_replies.replies(arguments.shared, config)
    table.line("short replies: accuracy", percent(found.accuracy), "87", "90")
    table.line("  macro-F1", percent(found.macro_f1))
    table.line("  expected calibration error", percent(found.calibration_error))
    table.line("  cross-validation, s of CPU", f"{found.seconds:.1f}")


def measure_shipped(arguments: argparse.Namespace, folder: Path, table: Table) -> None:
    """What the shipped data make of replies."""
    reader = train_shipped(arguments.embeddings, folder, table)
    shared = arguments.shared
    if arguments.only in (None, "names"):
        names = nlu_replies.names(shared, reader)
        table.line("names: exact span F1", percent(names.f1), "91", "92")
        table.line("  precision, recall", f"{percent(names.precision)}, {percent(names.recall)}")
        table.line("  false names", percent(names.false_names), "under 6", "under 5")
    if arguments.only in (None, "yesno"):
        asked = nlu_replies.asked(shared, reader)
        table.line("yes or no when asked", percent(asked.accuracy), "97", "98")
        table.line("  of yes, of no", f"{percent(asked.yes)}, {percent(asked.no)}")
        moved = f"{percent(asked.moved)}, {percent(asked.moved_wrongly)}"
        table.line("  moves a flow rightly, wrongly", moved)
    if arguments.only in (None, "optout"):
        share, alarms = nlu_replies.opt_out_false_alarms(shared, reader)
        table.line("opt-out: false alarms", f"{share:.2%}", "under 0.5", "under 0.3")
        for text in alarms:
            print(f"    {text[:90]!r}")
    if arguments.only in (None, "languages"):
        measure_languages(reader, table)
    if arguments.only in (None, "speed"):
        texts = [str(row["text"]) for row in nlu_sets.rows(shared, "replies_dev")]
        probe(folder / "models", texts, table)


ASKED_OF_LANGUAGES = (
    "yes/no 92, found 97, alarms under 0.5",
    "yes/no 94, found 98, alarms under 0.3",
)


def measure_languages(reader: Interpreter, table: Table) -> None:
    """Replies in every language, where the language has to be found and where it is given."""
    for told in (False, True):
        table.line(f"languages, {'given' if told else 'to be found'}", "", *ASKED_OF_LANGUAGES)
        of = {
            language: nlu_languages.figures(rows, reader, told=told)
            for language, rows in nlu_languages.languages().items()
        }
        whole = reduce(operator.add, of.values())
        print(f"  {'':6}yes or no   moved  wrongly  opted out  false alarms  names F1")
        for language, found in [*of.items(), ("all", whole)]:
            answered = [percent(float(s)) for s in (found.answers, found.moved)]
            if not found.answers.of:
                answered = ["", ""]
            print(
                f"  {language:6}{answered[0]:>9}{answered[1]:>8}"
                f"{len(found.moved_wrongly.missed):>9}{percent(float(found.opted_out)):>11}"
                f"{len(found.alarms.missed):>7} of {found.alarms.of:<4}"
                f"{percent(found.names.f1) if found.names.expected else '':>9}",
                flush=True,
            )


def train_shipped(embeddings: bool, folder: Path, table: Table) -> Interpreter:
    """The model of the project that ships; kept in `folder`."""
    project = nlu_sets.ROOT
    if embeddings:
        project = folder / "project"
        nlu_sets.copy_shipped(project, nlu_sets.shipped_config(embeddings=True))
    started = time.process_time()
    trained = pipeline.train(project)
    pipeline.save(trained, folder / "models")
    table.line("shipped data: examples", str(trained.examples))
    table.line("  training, s of CPU", f"{time.process_time() - started:.1f}", "20", "20")
    return pipeline.load(folder / "models")


def probe(folder: Path, texts: Sequence[str], table: Table) -> None:
    """Size, start and speed of the model in `folder`."""
    given = folder / "texts.json"
    given.write_text(json.dumps(list(texts[:TIMED_TEXTS])), "utf-8")
    command = [sys.executable, "-m", "bench.nlu_probe", str(folder), str(given)]
    ran = subprocess.run(
        command, check=True, capture_output=True, env=os.environ | ONE_THREAD, cwd=nlu_sets.ROOT
    )
    found = json.loads(ran.stdout)
    size = sum(path.stat().st_size for path in folder.glob("*.zip")) / 1e6

    def ratio(key: str) -> str:
        return f"{found[key] / found['yardstick']:.2f} loops"

    table.line("  model, MB", f"{size:.1f}", "40", "40")
    table.line("  resident beyond bare, MB", f"{found['resident']:.0f}", "150", "150")
    table.line("  load, s", f"{found['load']:.2f}", "2", "2")
    table.line("  parse p50, ms", f"{found['p50'] * 1e3:.2f} = {ratio('p50')}", "1", "")
    table.line("  parse p99, ms", f"{found['p99'] * 1e3:.2f} = {ratio('p99')}", "5", "")
    table.line("  cached, us", f"{found['cached'] * 1e6:.1f} = {ratio('cached')}", "20", "20")


def percent(share: float) -> str:
    """92.5"""
    return f"{share * 100:.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--embeddings", action="store_true", help="with SentenceEmbeddingFeaturizer"
    )
    parser.add_argument("--only", choices=[*nlu_sets.SETS, *SHIPPED], help="one of the figures")
    parser.add_argument("--shared", type=Path, default=nlu_sets.ROOT.parent / "shared" / "nlu")
    parser.add_argument("--part", default="val", help="which part of the sets is judged")
    with threadpool_limits(limits=1):
        main(parser.parse_args())
