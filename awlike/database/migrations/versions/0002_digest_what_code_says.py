"""Digest what code says, and no longer in which file it lies.

Digests of code were those of definitions with the names of their modules, so that a definition which moved made products
look as if other code had made them. The content of the classes below is what it was: their digests are written anew.
Products of other classes, those of users, count as made by other code until they are made again.
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'

DIGESTS = {  # class -> (digest as version 0.1.0 wrote it, digest of the same code now)
    'BiasFrame': (
        '214a0e315d8d701f7d5a90a284122168d252acbb35ef11da2a92a17c56541e16',
        'c01a5a31ca8dd82baccc611ab21041b6f2bbe6f06dd8cc7388290e0f07c60647'),
    'ColdPixelMap': (
        '1ac76faa5cf0b29319e6584c580068c19003c1a64f785f9d42e67d09211df39f',
        '8cf63f1faeb46c3604ed613312294e4236ed9472fe710478c1b1b533bf0eb30c'),
    'CosmicMap': (
        'a07504855051dfd3d2fbd42f7355e3df971bc314c6f7e8164a71ee4d96dd0d55',
        'acb9acbcd8a162a0a30d35487c4d23cd8e1ad0e7889822da5d1ea86f27116f01'),
    'DarkFrame': (
        '7f2d62db3810032290b395c13f01f2c1ea455d42ad528d4799f70c96c9bb930b',
        '6c84494f0d06eb43e6be36c960b0db8e6bd79fda5b12e5c58ef9e7b14a0c7a16'),
    'DomeFlatFrame': (
        '56762d5b990ebfdfaed4beee9562778c431470430d54014112f239a5601b09b9',
        '7de49443cd352c8128b7e3d4ec896d65f50c47dce6eb3051216ea160e34f3d34'),
    'FlatFrame': (
        'ba09bb74748ed6b06fb081cd70e584ea81c28dbb12d88dff0c559a477fb25c72',
        '88e2831826d39ce3388903a16e406094079cda5ad92601f8749d0257b5a5b2b3'),
    'FringeFrame': (
        'f72f3ae74dec257afc9903c4b220ede67b1f703796ccf23468996525d1e6af3a',
        '52970aaa04ef1dfb37a4704d5679b688651922cceb41ccea87e3ad7abd334b9d'),
    'GainLinearity': (
        'f917daf94c19eec9ffe915dc694d9a97083a679a1eb5974b9b05b086bd93f259',
        '563ec4ac3b9619779e7019a1b97e29f00d606b5962b578c4042280c330980df4'),
    'HotPixelMap': (
        '36d16cc57a0838a5458e9c947dc563614442ce6f610010b06c6a39dbd323ad41',
        '9bebe3e696a6d34bb7077fe1858de2229176c645985430fd510b3b31f866bb06'),
    'IlluminationCorrection': (
        '1ff6c73b4027b4fc8eadde2a0dc2f347d3c9491e2cea84137ba852c129f27d60',
        '58f003869cac3121449d6b7736430f99dcd49d4ed3f7276b7d9b6b0f5fa7f745'),
    'IlluminationCorrectionFrame': (
        'a4e1f74bdee3db708d12cc51ce45d49c0f6ef924251d22a4d999fd659663866b',
        '011c75edc7d0876e82b955268ba276a61c66cd52bebe6ba2901069b79e1bb93a'),
    'ReadNoise': (
        '3ea4a9d5599f13e9e0c715479103865d5f59f7d33e5ba4e7b89a0ce497f9ec3f',
        'ded5fe9f357f7f64ac5f9d296839ebe941bad7426585f03a254e6c4c624fbc5c'),
    'ReducedScienceFrame': (
        '49102f76b2e48e55884511a034d855d18259584b2ca5d706a1759799898d0cf1',
        'fba000124d2784cd47f11541355c27b8658318540c2069e070aa79c7682ed62e'),
    'SatelliteMap': (
        'ac28cb9aede90531eb3d499cf8f1ddc13278c89d55987cc8645258346c8803a0',
        'f03e8b221b2c5f5da532c1ffd82b7db07d9f5e2741ff83a462d73528fe8735b1'),
    'SaturatedPixelMap': (
        'a0fe4b7d178ecb504b371e8ea33be45d60206d839ac97f1c7784aac4c3801913',
        '6fc75a99bd5812616714774efc0d436e95e1661c066b787d37593d60611f6e6e'),
    'TwilightFlatFrame': (
        '8d49cefd29b807c0ca753e8b45f75b086b48ccf5e0881ad6ab2b6cc2c4524306',
        '42a5b738308df46097e42b66655ddf45c90eda58e42fd476502bb659b4ac03f2'),
    'WeightFrame': (
        'b7a547f8a5484a8a28dfdd8e17681b085d182a45c7db6d3448936f75e36a5ee1',
        'c0a11035af4f8aaec7fef789f9622a27640ee8a986e1ed452ca2206295335238'),
}


def upgrade() -> None:
    """Write the digests of code anew."""
    is_postgresql = op.get_bind().dialect.name == 'postgresql'
    if is_postgresql:
        op.execute('ALTER TABLE dbobject DISABLE TRIGGER USER')  # nothing that people change is changed here
    change = sa.text('UPDATE dbobject SET code_digest = :now WHERE code_digest = :before')
    for before, now in DIGESTS.values():
        op.execute(change.bindparams(before=before, now=now))
    if is_postgresql:
        op.execute('ALTER TABLE dbobject ENABLE TRIGGER USER')
