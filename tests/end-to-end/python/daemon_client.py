"""What the `monero` library's Daemon does against a running node: `daemon_client.py PORT HEIGHT TXID RAW POOL_TXID`.

HEIGHT is a block that holds TXID, RAW a signed transaction not sent yet, POOL_TXID one that waits in the pool.
"""
import sys

import oxen_shim  # noqa: F401  (must come first)
from monero.address import address
from monero.daemon import Daemon
from monero.backends.jsonrpc.exceptions import MethodNotFound
from monero.exceptions import TransactionBroadcastError

port, height, txid, raw, pool_txid = sys.argv[1:6]
height = int(height)
daemon = Daemon(host="127.0.0.1", port=int(port))


def check(condition, what):
    if not condition:
        sys.exit("FAILED: " + what)
    print("ok:", what)


info = daemon.info()
check(info["status"] == "OK" and info["height"] == daemon.height(), "info and height agree")
check(info["nettype"] == "fakechain" and daemon.net is None, "regtest is neither mainnet nor a test network")

headers = daemon.headers(height - 1, height)
check([header["height"] for header in headers] == [height - 1, height], "headers come in order")
check(headers[1]["prev_hash"] == headers[0]["hash"], "headers are linked")

block = daemon.block(height=height)
check(block.height == height and block.hash == headers[1]["hash"], "a block by height")
check(daemon.block(block.hash).timestamp == block.timestamp, "the same block by hash")
hashes = [transaction.hash for transaction in block.transactions]
check(txid in hashes and len(hashes) == 2, "the block lists its coinbase and the transfer")

transaction = daemon.transactions(txid)[0]
check(transaction.height == height and transaction.fee > 0, "a mined transaction has height and fee")
check(len(transaction.outputs()) == 2, "its outputs are read")
check(daemon.transactions([pool_txid])[0].height is None, "a waiting transaction has no height")

waiting = daemon.mempool()
check([entry.hash for entry in waiting] == [pool_txid], "the pool lists what waits")

backend = daemon._backend
check(backend.get_block_count()["count"] == info["height"], "get_block_count")
check(backend.on_get_block_hash(height) == block.hash, "on_get_block_hash is a bare string")
check(backend.get_last_block_header()["block_header"]["hash"] == block.hash, "get_last_block_header")
check(backend.get_block_header_by_hash(block.hash)["block_header"]["height"] == height, "get_block_header_by_hash")
check(backend.get_fee_estimate()["fee_per_byte"] > 0, "get_fee_estimate")
check(backend.hard_fork_info()["version"] == 19, "hard_fork_info")
check(backend.get_version()["version"] > 0, "get_version")
check(backend.get_alternate_chains().get("chains", []) == [], "get_alternate_chains")
check(backend.is_key_image_spent(["00" * 32])["spent_status"] == [0], "is_key_image_spent")
check(backend.get_transaction_pool_stats()["pool_stats"]["txs_total"] == 1, "get_transaction_pool_stats")
check(backend.get_height()["height"] == info["height"], "get_height")
try:
    backend.raw_jsonrpc_request("no_such_method")
    check(False, "an unknown method raises")
except MethodNotFound:
    check(True, "an unknown method raises")

sent = backend.send_transaction(bytes.fromhex(raw))
check(sent["status"] == "OK", "a raw transaction is sent")
again = backend.send_transaction(bytes.fromhex(raw))
check(again["status"] == "OK", "sending it again is no error")
try:
    broken = bytearray(bytes.fromhex(raw))
    broken[-40] ^= 1
    backend.send_transaction(bytes(broken))
    check(False, "an altered transaction is refused")
except TransactionBroadcastError as error:
    check(True, "an altered transaction is refused: %s" % error)

faucet = "L9qhocYgQkh2dCpiV43SiRS6ZZSg5bT93PAo4kzDfnGyQm442s4xJYh7v8QDKWXw71WXx2xSf45ARXurvMxKQS2yEwzCjXH"
check(str(address(faucet)) == faucet and address(faucet).net == "main", "an Oxen address parses with the shim")
print("all done")
