-- Once, as PostgreSQL's administrator; then give both roles the passwords of prefect.env and mlflow.env with \password.
CREATE ROLE baokuan_prefect LOGIN;
CREATE ROLE baokuan_mlflow LOGIN;
CREATE DATABASE baokuan_prefect OWNER baokuan_prefect;
CREATE DATABASE baokuan_mlflow OWNER baokuan_mlflow;
CREATE DATABASE baokuan_mlflow_auth OWNER baokuan_mlflow;
REVOKE CONNECT ON DATABASE baokuan_prefect, baokuan_mlflow, baokuan_mlflow_auth FROM PUBLIC;
