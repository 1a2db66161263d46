"""Files whose content and checksums disagree are refused."""

import pytest

from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError


@pytest.mark.parametrize('where', ['header', 'data'])
def test_wrong_checksum(write, where):
    path = write(checksum=True)
    assert read_raw(path).frames
    content = bytearray(path.read_bytes())
    content[content.index(b'field') if where == 'header' else 2880 + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(HeaderError, match='CHECKSUM of HDU 0.*transfer it again'):
        read_raw(path)


def test_zeros_after_the_last_hdu_do_no_harm(write):
    path = write()
    path.write_bytes(path.read_bytes() + b'\0' * 2880)
    assert read_raw(path).frames
    path.write_bytes(path.read_bytes() + b'x')
    with pytest.raises(HeaderError, match='truncated or damaged after HDU 0: the last 2881 bytes'):
        read_raw(path)
