"""Content codings of HTTP bodies. br and zstd through the system's libraries, which weir needs as well."""
import ctypes
import functools
import zlib

import e2e


@functools.cache
def library(name):
    try:
        return ctypes.CDLL(name)
    except OSError:
        raise e2e.Skip(f"{name} is not here")


def deflated(data, wbits):
    coder = zlib.compressobj(6, zlib.DEFLATED, wbits)
    return coder.compress(data) + coder.flush()


def brotli(data):
    size = ctypes.c_size_t(len(data) * 2 + 1024)
    out = ctypes.create_string_buffer(size.value)
    done = library("libbrotlienc.so.1").BrotliEncoderCompress(
        5, 22, 0, ctypes.c_size_t(len(data)), data, ctypes.byref(size), out)
    assert done == 1
    return out.raw[:size.value]


def zstd(data):
    cap = len(data) * 2 + 1024
    out = ctypes.create_string_buffer(cap)
    compress = library("libzstd.so.1").ZSTD_compress
    compress.restype = ctypes.c_size_t
    size = compress(out, ctypes.c_size_t(cap), data, ctypes.c_size_t(len(data)), 3)
    assert size <= cap
    return out.raw[:size]


# By the name in Content-Encoding; deflate is zlib's form, and the raw one that some servers send.
CODINGS = {
    "identity": lambda data: data,
    "gzip": lambda data: deflated(data, 31),
    "deflate": lambda data: deflated(data, 15),
    "deflate, raw": lambda data: deflated(data, -15),
    "br": brotli,
    "zstd": zstd,
}
