"""A hook of mkdocs.yml: the site has the repository's files at the repository's places.

Then README.md is the first page and docs/data.md a page below it, each from its one source, and links between them,
and to files that are no pages, are the same in the site as where the repository is read.
"""

from pathlib import Path

from mkdocs.structure.files import File, Files


def on_files(files: Files, config) -> Files:
    """The theme's files, those of docs/ and those that `extra.besides` names, each under its path in the repository."""
    root = Path(config.config_file_path).parent
    of_docs = [file for file in files if file.src_dir == config.docs_dir]
    names = [Path(file.abs_src_path).relative_to(root).as_posix() for file in of_docs] + config.extra["besides"]
    ours = [File(name, str(root), config.site_dir, config.use_directory_urls) for name in names]
    return Files([*(file for file in files if file.src_dir != config.docs_dir), *ours])
