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
        '4e377bfab715c05f91825d04379390d5d0a8548a1809f4e0b976af93c0edac1a'),
    'ColdPixelMap': (
        '1ac76faa5cf0b29319e6584c580068c19003c1a64f785f9d42e67d09211df39f',
        '8cf63f1faeb46c3604ed613312294e4236ed9472fe710478c1b1b533bf0eb30c'),
    'CosmicMap': (
        'a07504855051dfd3d2fbd42f7355e3df971bc314c6f7e8164a71ee4d96dd0d55',
        '3bcea5f84318b703b398b253fbea6eb6b3702c206c9b8bcc611b0f7a4233cd4a'),
    'DarkFrame': (
        '7f2d62db3810032290b395c13f01f2c1ea455d42ad528d4799f70c96c9bb930b',
        '5ebca4352661bcc4084f3e433689fbbae00169f9a254b98ad13a965366d122a4'),
    'DomeFlatFrame': (
        '56762d5b990ebfdfaed4beee9562778c431470430d54014112f239a5601b09b9',
        'f9631c4377032f7bd1b3a3101df59f24e85e9d0c12272249fb0835fd8f9d6225'),
    'FlatFrame': (
        'ba09bb74748ed6b06fb081cd70e584ea81c28dbb12d88dff0c559a477fb25c72',
        '282bb4cab1b403e5141155d880c520bc79939f23c886bb01d8810d2284428442'),
    'FringeFrame': (
        'f72f3ae74dec257afc9903c4b220ede67b1f703796ccf23468996525d1e6af3a',
        '0e576def865fec106b5f1a008259d944a1d4df86f222f83adedeec9e7ec1e16a'),
    'GainLinearity': (
        'f917daf94c19eec9ffe915dc694d9a97083a679a1eb5974b9b05b086bd93f259',
        '968719bc606646afe1d09cddd4c9986348e08042314d4857412e32533234ce5a'),
    'HotPixelMap': (
        '36d16cc57a0838a5458e9c947dc563614442ce6f610010b06c6a39dbd323ad41',
        '9bebe3e696a6d34bb7077fe1858de2229176c645985430fd510b3b31f866bb06'),
    'IlluminationCorrection': (
        '1ff6c73b4027b4fc8eadde2a0dc2f347d3c9491e2cea84137ba852c129f27d60',
        '4de75c4ef193f39b1c0057e148404b20a95d8db1fe697feb41fa5b9c12752014'),
    'IlluminationCorrectionFrame': (
        'a4e1f74bdee3db708d12cc51ce45d49c0f6ef924251d22a4d999fd659663866b',
        '61eb8642f2d71ddcc513ee5e0371b73b75fdf260daf41ba98b0c8ff6b862482e'),
    'ReadNoise': (
        '3ea4a9d5599f13e9e0c715479103865d5f59f7d33e5ba4e7b89a0ce497f9ec3f',
        'ff92b00d4ed977803f662b415b10df2f772409c6329968145b896167b5c88c65'),
    'ReducedScienceFrame': (
        '49102f76b2e48e55884511a034d855d18259584b2ca5d706a1759799898d0cf1',
        '4b4496779c3f8634b84d264f436ac00e73e4e983e072555b08f10cc16433f29b'),
    'SatelliteMap': (
        'ac28cb9aede90531eb3d499cf8f1ddc13278c89d55987cc8645258346c8803a0',
        '748fa834783858993b000f942c30130e741aa8537957dbaedb02e114b92608a9'),
    'SaturatedPixelMap': (
        'a0fe4b7d178ecb504b371e8ea33be45d60206d839ac97f1c7784aac4c3801913',
        'da9da57c04027b0b603fba081729f51e6dadf51a2b83cec3e486acf3027c524a'),
    'TwilightFlatFrame': (
        '8d49cefd29b807c0ca753e8b45f75b086b48ccf5e0881ad6ab2b6cc2c4524306',
        'faa04a8d3db6832454d16ddffe41a2762546001baeb5d883f75b3b45c6438f0a'),
    'WeightFrame': (
        'b7a547f8a5484a8a28dfdd8e17681b085d182a45c7db6d3448936f75e36a5ee1',
        '74a376f657ec2687db1cf839bb129f75e19709a3c96cc2758e04c9f172684258'),
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
