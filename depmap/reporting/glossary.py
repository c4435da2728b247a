"""The method and the words of the review, as its last section explains them."""

from __future__ import annotations

GLOSSARY = (
    ("Dependency", "A pair: the consumer depends on the provider, in one way (its kind)."),
    ("Strong", "The consumer's work stops with the provider."),
    ("Weak", "The consumer goes on with less, or later."),
    ("Optional", "The consumer's own users do not notice."),
    ("Undetermined", "No source could tell. It is not a guess, and it is not weak."),
    ("Confidence", "The probability that the dependency exists, over all sources together."),
    ("Evidence", "One source's claim for or against a dependency, with its place."),
    ("Sure", "The probability that the word for a strength is right, by all who had a say."),
    ("9 to 1 for strong", "How far one source by itself speaks for strong, or against it."),
    ("Lone failure", "A unit of the consumer's work in which this provider alone failed."),
    ("90 % interval", "The true value lies in it 9 times in 10, if the method's terms hold."),
    ("Candidate", "What a detector infers, until a second source or a person agrees."),
    ("Chance", "Of all reports as striking as this one, so many arise with nothing behind them."),
    ("Gap", "Something that could not be seen, and why. Gaps are normal; silence is not proof."),
    ("Phase", "One of four roles in which the system is rolled out, foundation first."),
    ("Wave", "Services of a phase that may move together."),
    ("Gate", "What must hold before the next phase starts. No data never passes."),
    ("Fingerprint", "DM-rule-hex: the same finding has the same one in every quarter."),
)
"""The words of the report, in the order in which they are met."""

METHOD = (
    "A dependency exists when the claims for it give a confidence of at least 0.50.",
    "Each kind of source is weighed by how often it errs: more spans do not outweigh a second.",
    "Strength is a view on the probability that the consumer fails because the provider failed.",
    "Its interval is 90 %. Where sources disagree, both sides are shown.",
    "Phases are the least costly placement in which no strong dependency points at a later phase.",
    "What fails with a node is replayed over healthy call trees where there are traces.",
    "Where there are none, it is an upper bound from strong dependencies.",
    "What is missing is a range, kind by kind: sources that see alike also miss alike.",
    "It is given only where 30 were found, 10 by both sides, and no side is blind by nature.",
    "It holds where nothing hides from all sources; audits and incidents measure that, too.",
    "A detector reports what chance explains in at most 5 % of such reports (latency: 1 %).",
    "The value of a question: how open a strength is, times the requests that hang on it.",
)
"""How the numbers came about, one sentence each."""
