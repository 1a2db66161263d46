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
