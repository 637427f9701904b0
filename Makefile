# two test processes on two cores: a thread that waits must not spin
export OMP_WAIT_POLICY := PASSIVE
# hundreds of short processes: none compiles again what another one has compiled
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-slow lint docs setup lock sbom clean
.DEFAULT_GOAL := demo

demo: setup
	.venv/bin/baokuan demo

# threads of small frames cost a fifth more than they bring where every core has a test process
test: export POLARS_MAX_THREADS := 1
test: setup lint
	.venv/bin/python -m pytest

test-slow: setup
	.venv/bin/python -m pytest -m slow

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

docs: setup
	.venv/bin/python -m features.documentation

setup:
	@scripts/setup

lock: setup
	.venv/bin/uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --python-version 3.11 --output-file requirements.lock
	printf 'uv\n' | .venv/bin/uv pip compile - --generate-hashes --no-header --no-annotate --output-file scripts/uv.txt
	printf 'cyclonedx-bom\n' | .venv/bin/uv pip compile - --generate-hashes --no-header --no-annotate --python-version 3.11 --output-file scripts/sbom.txt

sbom: setup
	scripts/sbom sbom.json

clean:
	rm -rf .venv demo out sbom.json .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
