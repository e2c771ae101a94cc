"""The two papers, as one cites them; references.bib of the book has the same entries."""

from typing import NamedTuple


class Paper(NamedTuple):
    """How to cite a paper: its fields in BibTeX, DOI and address."""

    kind: str
    key: str
    fields: dict[str, str]
    doi: str
    url: str

    def bibtex(self, note: str) -> str:
        """Return the BibTeX entry, with a note that says what of the paper is meant."""
        fields = {**self.fields, "doi": self.doi, "url": self.url, "note": note}
        width = max(map(len, fields))
        lines = [f"  {name:<{width}} = {{{text}}}" for name, text in fields.items()]
        return f"@{self.kind}{{{self.key},\n" + ",\n".join(lines) + "\n}"


PAPERS = {
    "A": Paper(
        kind="inproceedings",
        key="oswald2023transformers",
        fields={
            "title": "Transformers Learn In-Context by Gradient Descent",
            "author": "von Oswald, Johannes and Niklasson, Eyvind and Randazzo, Ettore and "
            r"Sacramento, Jo{\~a}o and Mordvintsev, Alexander and Zhmoginov, Andrey and "
            "Vladymyrov, Max",
            "booktitle": "Proceedings of the 40th International Conference on Machine Learning",
            "series": "Proceedings of Machine Learning Research",
            "volume": "202",
            "pages": "35151--35174",
            "year": "2023",
        },
        doi="10.48550/arXiv.2212.07677",
        url="https://proceedings.mlr.press/v202/von-oswald23a.html",
    ),
    "B": Paper(
        kind="misc",
        key="oswald2023uncovering",
        fields={
            "title": "Uncovering mesa-optimization algorithms in Transformers",
            "author": "von Oswald, Johannes and Schlegel, Maximilian and Meulemans, Alexander and "
            "Kobayashi, Seijin and Niklasson, Eyvind and Zucchet, Nicolas and Scherrer, Nino and "
            r"Miller, Nolan and Sandler, Mark and Ag{\"u}era y Arcas, Blaise and "
            r"Vladymyrov, Max and Pascanu, Razvan and Sacramento, Jo{\~a}o",
            "year": "2023",
            "eprint": "2309.05858",
            "archivePrefix": "arXiv",
        },
        doi="10.48550/arXiv.2309.05858",
        url="https://arxiv.org/abs/2309.05858",
    ),
}
