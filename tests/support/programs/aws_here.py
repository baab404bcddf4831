# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide in the bucket wants of an S3 client, in the words of the usual one: aws s3 ls PLACE, aws s3 cp PLACE -."""

from __future__ import annotations

import argparse
import sys

import boto3
from botocore.config import Config

parser = argparse.ArgumentParser(prog="aws")
parser.add_argument("--endpoint-url")
parser.add_argument("service", choices=["s3"])
commands = parser.add_subparsers(dest="command", required=True)
commands.add_parser("ls").add_argument("place")
copy = commands.add_parser("cp")
copy.add_argument("place")
copy.add_argument("to", choices=["-"])
options = parser.parse_args()

assert options.place.startswith("s3://"), options.place
bucket, _slash, key = options.place.removeprefix("s3://").partition("/")
s3 = boto3.client("s3", endpoint_url=options.endpoint_url, config=Config(s3={"addressing_style": "path"}))
if options.command == "cp":
    for chunk in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks():
        sys.stdout.buffer.write(chunk)
else:
    page = s3.list_objects_v2(Bucket=bucket, Prefix=key, Delimiter="/")
    for entry in page.get("CommonPrefixes", []):
        print(f"{'PRE':>30} {entry['Prefix'].removeprefix(key)}")
    for entry in page.get("Contents", []):
        print(f"{entry['LastModified']:%Y-%m-%d %H:%M:%S} {entry['Size']:>10} {entry['Key'].removeprefix(key)}")
