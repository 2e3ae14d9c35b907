# The embedded model from photographs: its own workflow, `snakemake --snakefile rules/pretrain.smk`, never part of a benchmark run.
import json

from snakemake.utils import min_version

min_version("9.0")

OUT = "results/pretrain"
ENVIRONMENT = str(Path(workflow.basedir).parent / "envs" / "ldcore.yaml")


workdir: str(Path(workflow.basedir).parent)


configfile: "configs/pretrain.yaml"


localrules:
    packages,


rule model:
    default_target: True
    input:
        vae=f"{OUT}/vae/manifest.json",
        diffusion=f"{OUT}/diffusion/manifest.json",
    output:
        manifest="resources/embedded_model/manifest.json",
        sheet="docs/embedded_model.png",
    log:
        f"{OUT}/logs/model.log",
    conda:
        ENVIRONMENT
    params:
        work=lambda wildcards, input: str(Path(input.vae).parents[1]),
        out=subpath(output.manifest, parent=True),
    shell:
        "python workflow_scripts/pretrain_model.py --work {params.work} --out {params.out} --sheet {output.sheet} "
        "2>&1 | tee {log}"


rule packages:
    output:
        f"{OUT}/packages.json",
    log:
        f"{OUT}/logs/packages.log",
    conda:
        ENVIRONMENT
    params:
        work=subpath(output[0], parent=True),
        names=" ".join(config["packages"]),
    shell:
        "python workflow_scripts/pretrain_packages.py --names {params.names:q} --work {params.work} 2>&1 | tee {log}"


rule corpus:
    input:
        f"{OUT}/packages.json",
        sources="resources/pretrain/photographs.csv",
    output:
        pictures=f"{OUT}/corpus.npz",
    log:
        f"{OUT}/logs/corpus.log",
    conda:
        ENVIRONMENT
    params:
        **{key: config[key] for key in ("seed", "image_size", "crops", "held_out_crops")},
        work=subpath(output[0], parent=True),
    shell:
        "python workflow_scripts/pretrain_corpus.py --sources {input.sources} --work {params.work} --seed {params.seed} "
        "--image-size {params.image_size} --crops {params.crops} --held-out-crops {params.held_out_crops} 2>&1 | tee {log}"


rule autoencoder:
    input:
        f"{OUT}/corpus.npz",
    output:
        f"{OUT}/vae/manifest.json",
    log:
        f"{OUT}/logs/autoencoder.log",
    conda:
        ENVIRONMENT
    threads: config["threads"]
    params:
        work=lambda wildcards, output: str(Path(output[0]).parents[1]),
        options=json.dumps(config["autoencoder"]),
        seed=config["seed"],
    shell:
        "python workflow_scripts/pretrain_autoencoder.py --options {params.options:q} --seed {params.seed} "
        "--threads {threads} --work {params.work} 2>&1 | tee {log}"


rule diffusion:
    input:
        f"{OUT}/vae/manifest.json",
    output:
        f"{OUT}/diffusion/manifest.json",
    log:
        f"{OUT}/logs/diffusion.log",
    conda:
        ENVIRONMENT
    threads: config["threads"]
    params:
        work=lambda wildcards, output: str(Path(output[0]).parents[1]),
        options=json.dumps(config["diffusion"]),
        seed=config["seed"],
    shell:
        "python workflow_scripts/pretrain_diffusion.py --options {params.options:q} --seed {params.seed} "
        "--threads {threads} --work {params.work} 2>&1 | tee {log}"
