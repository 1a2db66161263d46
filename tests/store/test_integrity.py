import io

import pytest
from astropy.io import fits

from awlike.errors import HeaderError
from awlike.instruments import read_raw
from awlike.store.integrity import ones_sum


@pytest.mark.parametrize('where', ['header', 'data'])
def test_wrong_checksum(write, where):
    path = write(checksum=True)
    assert read_raw(path).frames
    content = bytearray(path.read_bytes())
    content[content.index(b'field') if where == 'header' else 2880 + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(HeaderError, match='CHECKSUM of HDU 0.*transfer it again'):
        read_raw(path)


def test_ones_sum_agrees_with_astropy(write):
    content = write(checksum=True).read_bytes()
    assert ones_sum(content) == 0xFFFFFFFF
    assert ones_sum(content[-2880:]) == int(fits.getheader(io.BytesIO(content))['DATASUM'])
