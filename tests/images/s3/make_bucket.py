"""Makes the bucket, whose policy keeps the writer from deleting, and the archiver from deleting WAL."""

import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BUCKET = "backups"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": {"AWS": ["arn:aws:iam::000000000000:user/writer"]},
            "Action": ["s3:DeleteObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}/*"],
        },
        # What interrupted physical backups left, pgBackRest has to remove; the WAL it has not.
        {
            "Effect": "Deny",
            "Principal": {"AWS": ["arn:aws:iam::000000000000:user/archiver"]},
            "Action": ["s3:DeleteObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}/physical/archive/*"],
        },
    ],
}

s3 = boto3.client(
    "s3",
    endpoint_url="https://localhost:8334",
    region_name="us-east-1",
    aws_access_key_id="lab-admin",
    aws_secret_access_key="lab-admin-secret",
    verify="/etc/ssl/s3/ca.crt",
    config=Config(s3={"addressing_style": "path"}),
)
for attempt in range(60):
    try:
        if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(POLICY))
        break
    except (BotoCoreError, ClientError):
        if attempt == 59:
            raise
        time.sleep(1)
