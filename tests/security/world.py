"""A PostgreSQL database with people, projects and objects at all levels, made by awlike itself, and what attacks on it need."""

import dataclasses
import functools
import hashlib
import os

import psycopg
import pytest
from sqlalchemy import make_url

from awlike.context import context
from awlike.database import sessions
from awlike.frames.raw import RawBiasFrame
from awlike.persist.dbobject import Input, attribute
from awlike.persist.header_cards import key_of
from awlike.persist.ids import new_id, reference_id
from awlike.persist.tables import metadata
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from tests import paper
from tests.conftest import become
from tests.databases import PASSWORD
from tests.security.rules import ANONYMOUS, Project, Thing, sees

ACCOUNTS = 'ada', 'bob', 'carl', 'dan'
EVERYBODY = *ACCOUNTS, ANONYMOUS
LEVELS = 1, 2, 3, 4, 5


class Blend(CalibrationFrame):
    """For tests: made from anything; with a table of its own, as a user's class has."""

    parts = Input(Frame, 'what it was made from', many=True)
    share = attribute(float, 'for its table')


def user_id(name):
    return reference_id('User', name)


def project_id(name):
    return reference_id('Project', name)


@dataclasses.dataclass
class Outcome:
    """What a client saw of its statements: rows of each that gave some, counts, messages, or the error that ended them."""

    rows: list = dataclasses.field(default_factory=list)
    counts: list = dataclasses.field(default_factory=list)
    said: str = ''
    error: psycopg.Error | None = None

    @property
    def text(self) -> str:
        """All that it could read anything from."""
        return f'{self.rows} {self.said} {self.error or ""} {self.error.diag.message_detail if self.error else ""}'


class World:
    """Ada owns project ALPHA and SMALL, bob is a member of both, carl owns GAMMA, dan is in none.

    `things` are all objects, `of[user, level]` what ada and bob made in ALPHA and carl in GAMMA at that level: raw file, raw
    frame, product, product of the product, and a raw frame that nothing was made from.
    """

    def __init__(self, on, folder):
        self._on, self._folder = on, folder
        folder.mkdir()
        self.url = make_url(on.new(folder))
        self.things, self.of, self.files = [], {}, {}
        self.projects = {'ALPHA': Project('ALPHA', 'ada', 5, {'ada', 'bob'}),
                         'SMALL': Project('SMALL', 'ada', 2, {'ada', 'bob'}),
                         'GAMMA': Project('GAMMA', 'carl', 5, {'carl'})}
        with pytest.MonkeyPatch.context() as patch:
            self.awlike(patch)
            self._people(patch)
            for user, levels in (('ada', {'ALPHA': LEVELS}), ('bob', {'ALPHA': LEVELS, 'SMALL': [2]}),
                                 ('carl', {'GAMMA': LEVELS})):
                become(patch, user)
                for name, level in [(one, level) for one in levels for level in levels[one]]:
                    self._objects(user, self.projects[name], level)
            sessions.use(None)
        self._jobs_and_claims()
        self._settings()
        self._selections()
        self._arrivals()
        self._cards()
        self._pristine = folder.parent / 'pristine'
        on.new(self._pristine)
        on.copy(folder, self._pristine)
        self._administrator = self.connect(None)
        self.restore()
        self.before = self.snapshot()

    # --- making it ---

    def awlike(self, patch, user='ada'):
        """Let awlike work in this database, as `user`."""
        for name in [name for name in os.environ if name.startswith('AWLIKE_')]:
            patch.delenv(name)
        patch.setenv('AWLIKE_HOME', str(self._folder))
        patch.setenv('AWLIKE_DATABASE', self.url.render_as_string(hide_password=False))
        sessions.use(None)
        become(patch, user)

    def _people(self, patch):
        for project in self.projects.values():
            become(patch, project.owner)
            context.create_project(project.name, maximum_privileges=project.maximum)
            for other in sorted(project.members - {project.owner}):
                context.set_project(project.name)
                context.add_member(other)

    def _objects(self, user, project, level):
        context.set_project(project.name, level)
        mark = f'{user}-{level}-{project.name}-{new_id().hex[-12:]}'
        file = paper.file()
        raw = paper.insert(paper.raw(RawBiasFrame, raw_fits=file, OBJECT=f'object-{mark}', filename=f'raw-{mark}.fits',
                                     digest=f'digest-{mark}'))
        product = paper.insert(paper.product(Blend, parts=[raw], filename=f'product-{mark}.fits', share=level / 7))
        second = paper.insert(paper.product(Blend, parts=[product, raw], filename=f'second-{mark}.fits'))
        things = [Thing(obj.object_id, user, project, level, kind=type(obj).__name__) for obj in (file, raw)]
        things[1].file = things[0]
        things.append(Thing(product.object_id, user, project, level, [things[1]]))
        things.append(Thing(second.object_id, user, project, level, [things[2], things[1]]))
        spare = paper.insert(paper.raw(RawBiasFrame, raw_fits=file, filename=f'spare-{mark}.fits'))
        things.append(Thing(spare.object_id, user, project, level, file=things[0], kind='RawBiasFrame'))
        for thing, obj in zip(things, (file, raw, product, second, spare), strict=True):
            self.files[thing] = obj.filename
        context.update_is_valid(product, 2)
        context.grade(raw, 'C', comment=f'said-{mark}')
        things[2].is_valid = 2
        things[2].changes.append(('is_valid', '1', '2', user))
        self.things += things
        if project.name != 'SMALL':
            self.of[user, level] = things
        else:
            self.of['SMALL'] = things

    def _jobs_and_claims(self):
        self.jobs = {user: new_id() for user in ACCOUNTS}
        for user, job in self.jobs.items():
            mine = {'user': user_id(user), 'job': job, 'log': new_id()}
            for statement in (
                    "INSERT INTO claim (key, privileges, owner, place, pid, user_id, filename, heartbeat) VALUES "
                    f"('1:{user_id(user)}:claim-of-{user}', 1, 'worker-of-{user}', 'machine-of-{user}', 1, %(user)s, "
                    f"'stored-by-{user}.fits', {NOW})",
                    "INSERT INTO job (id, user_id, number, privileges, step, arguments, status, cancelled, submitted) VALUES "
                    f"""(%(job)s, %(user)s, 1, 2, 'Reduce', '{{"secret": "argument-of-{user}"}}', 'running', false, {NOW})""",
                    "INSERT INTO job_step (job_id, number, class_name, place, is_target, status, reason) VALUES "
                    f"(%(job)s, 1, 'BiasFrame', 'step-of-{user}', true, 'failed', 'reason-of-{user}')",
                    "INSERT INTO job_log (id, job_id, date, level, place, text) VALUES "
                    f"(%(log)s, %(job)s, {NOW}, 'INFO', 'here', 'line-of-{user}')",
                    "INSERT INTO recipe_source (digest, name, source, user_id) VALUES "
                    f"('{hashlib.sha256(user.encode()).hexdigest()}', 'recipe-of-{user}', 'source-of-{user}', %(user)s)"):
                with self.connect(user) as client:
                    client.execute(statement, mine)

    def _settings(self):
        for project in self.projects.values():
            with self.connect(project.owner) as client:
                client.execute('INSERT INTO project_setting (id, project_id, name, value, user_id, date) VALUES '
                               f"(%(id)s, %(project)s, 'name-in-{project.name}', 'setting-of-{project.name}', %(user)s, {NOW})",
                               {'id': new_id(), 'project': project_id(project.name), 'user': user_id(project.owner)})

    def _selections(self):
        self.selections = {name: new_id() for name in self.projects}
        for project in self.projects.values():
            rule = f"RawBiasFrame.OBJECT == 'rule-of-{project.name}'"
            mine = {'id': self.selections[project.name], 'project': project_id(project.name), 'user': user_id(project.owner)}
            with self.connect(project.owner) as client:
                client.execute('INSERT INTO saved_selection (id, project_id, name, class_name, rule, user_id, date) VALUES '
                               f"(%(id)s, %(project)s, 'SELECTION-IN-{project.name}', 'RawBiasFrame', %(rule)s, "
                               f"%(user)s, {NOW})",
                               mine | {'rule': rule})
                for level in (1, 2):
                    client.execute('INSERT INTO selection_use (id, selection_id, project_id, privileges, user_id, date, task, '
                                   'members) VALUES (%(use)s, %(id)s, %(project)s, %(level)s, %(user)s, '
                                   f"{NOW}, 'task-of-{project.name}-{level}', %(members)s)",
                                   mine | {'use': new_id(), 'level': level,
                                           'members': f'["member-{project.name}-{level}"]'})

    def _arrivals(self):
        for project in self.projects.values():
            mark = f'{project.owner}-{project.name}'
            with self.connect(project.owner) as client:
                client.execute('INSERT INTO arrival (id, project_id, user_id, date, path, watched, outcome, kind, reason) '
                               f"VALUES (%(id)s, %(project)s, %(user)s, {NOW}, '/path-of-{mark}', '/watched-by-{mark}', "
                               f"'refused', 'kind-of-{mark}', 'why-of-{mark}')",
                               {'id': new_id(), 'project': project_id(project.name), 'user': user_id(project.owner)})

    def _cards(self):
        """A card of each raw file and of the first raw frame of each; they come in with these, so nobody else adds them."""
        with self.connect(None) as administrator:
            for file, raw, *_ in (things for key, things in self.of.items() if key != 'SMALL'):
                for thing in (file, raw):
                    administrator.execute('INSERT INTO header_card (keyword, object_id, text) VALUES (%s, %s, %s)',
                                          (CARD, thing.object_id, f'card-{self.files[raw].removesuffix(".fits")}'))

    def restore(self):
        """Make it as it was, after an attack that got through."""
        self._administrator.close()
        self._on.copy(self._pristine, self._folder)
        self._administrator = self.connect(None)

    def close(self):
        self._administrator.close()

    # --- using it ---

    def connect(self, user, **options):
        """A connection of `user`, as psql makes one; None is the administrator."""
        url = self.url if user is None else self.url.set(username=user, password=PASSWORD)
        conninfo = url.set(drivername='postgresql').render_as_string(hide_password=False)
        return psycopg.connect(conninfo, **{'autocommit': True, 'options': '-c statement_timeout=5s'} | options)

    def run(self, user, *statements) -> Outcome:
        """Let `user` send statements, one after the other, until one is refused."""
        with self.connect(user) as client:
            return self.send(client, *statements)

    @staticmethod
    def send(client, *statements) -> Outcome:
        """The same on a connection that one has."""
        outcome = Outcome()

        def note(notice):
            outcome.said += f' {notice.message_primary}'

        client.add_notice_handler(note)
        try:
            for statement in statements:
                cursor = client.execute(statement)
                outcome.counts.append(cursor.rowcount)
                outcome.rows.append(cursor.fetchall() if cursor.description else [])
        except psycopg.Error as error:
            outcome.error = error
        client.remove_notice_handler(note)
        return outcome

    def ask(self, statement, *values):
        """What the administrator reads, who sees everything."""
        return self._administrator.execute(statement, values or None).fetchall()

    @functools.cached_property
    def names(self) -> dict:
        """What attacks write in braces: ids of users, projects, jobs; `{ada1}` is ada's product at level 1, with `_file`,
        `_raw` and `_second` what else there is of it; `{new}` and `{nothing}` are ids that nothing has."""
        found = {name: user_id(name) for name in EVERYBODY}
        found |= {f'job_{user}': job for user, job in self.jobs.items()}
        found |= {f'selection_{name}': one for name, one in self.selections.items()}
        for key, things in self.of.items():
            for suffix, thing in zip(('_file', '_raw', '', '_second', '_spare'), things, strict=True):
                found[(key if isinstance(key, str) else f'{key[0]}{key[1]}') + suffix] = thing.object_id
        (chip, camera), = self.ask('SELECT object_id, instrument_id FROM chip')
        found['SMALL_product'] = found['SMALL']
        found |= {name: project_id(name) for name in self.projects}
        return found | {'chip': chip, 'instrument': camera, 'new': new_id(), 'nothing': new_id(), 'zoe': user_id('zoe'),
                        'LATER': project_id('LATER'), 'LSST': reference_id('Instrument', 'LSST'),
                        'CCD': reference_id('Chip', str(camera), 'CCD')}

    def attack(self, user, *statements) -> Outcome:
        """Let `user` send `statements`, with the names in braces filled in, in one session."""
        return self.run(user, *(statement.format(**self.names) for statement in statements))

    def snapshot(self, catalogue=True) -> dict:
        """What stands in each table; with the `catalogue`, which tables, functions, policies, triggers and roles there are."""
        tables = [name for name, in self.ask("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                                             "WHERE schemaname !~ '^(pg_|information_schema)' ORDER BY 1")]
        found = self.ask(' UNION ALL '.join(
            f"SELECT '{name}', count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {name} t" for name in tables))
        wanted = CATALOGUE.items() if catalogue else ()
        return {name: rest for name, *rest in found} | {name: self.ask(query) for name, query in wanted}

    def stands_as_before(self, what='', catalogue=False):
        """Hold that nothing at all was changed; what was is put back, so that other attacks meet what they expect."""
        now = self.snapshot(catalogue)
        changed = {name for name in self.before.keys() | now.keys()
                   if self.before.get(name) != now.get(name) and (catalogue or name not in CATALOGUE)}
        if changed:
            self.restore()
        assert not changed, (what, changed)

    def secrets(self, user) -> dict:
        """What `user` must not read anywhere: text, and what it is."""
        hidden = [thing for thing in self.things if not sees(user, thing)]
        found = {str(thing.object_id): f'id of {self.files[thing]}' for thing in hidden}
        found |= {(self.files[thing].removesuffix('.fits').partition('-')[2] or self.files[thing]): 'file name'
                  for thing in hidden}
        for other in ACCOUNTS:
            if other != user:
                found |= {f'{what}-of-{other}': what
                          for what in ('worker', 'machine', 'argument', 'step', 'reason', 'line', 'source')}
                found |= {f'{what}-of-{other}-{project.name}': f'{what} of an arrival' for project in self.projects.values()
                          if project.owner == other and user not in project.members for what in ('path', 'kind', 'why')}
                found |= {f'stored-by-{other}': 'file name of a claim', str(self.jobs[other]): 'id of a job'}
        return found


CARD = key_of('FOCUS')
NOW = "now() AT TIME ZONE 'UTC'"
CATALOGUE = {
    'catalogue': """
        SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
            SELECT concat_ws(' ', n.nspname, relname, relkind, relowner, relacl, relrowsecurity, relforcerowsecurity) AS line
            FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema)'
            UNION ALL SELECT concat_ws(' ', oid, prosrc, proowner, proacl, proconfig) FROM pg_proc WHERE oid >= 16384
            UNION ALL SELECT pg_policies::text FROM pg_policies
            UNION ALL SELECT concat_ws(' ', tgrelid, tgname, tgenabled) FROM pg_trigger
            UNION ALL SELECT concat_ws(' ', oid, nspname, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast_temp)'
            UNION ALL SELECT concat_ws(' ', datname, datacl) FROM pg_database WHERE datname = current_database()
            UNION ALL SELECT pg_event_trigger::text FROM pg_event_trigger
            UNION ALL SELECT pg_default_acl::text FROM pg_default_acl) AS lines""",
    'roles': """
        SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
            SELECT concat_ws(' ', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls) AS line
            FROM pg_roles
            UNION ALL SELECT concat_ws(' ', roleid, member, admin_option, inherit_option, set_option) FROM pg_auth_members
            UNION ALL SELECT concat_ws(' ', setdatabase, setrole, setconfig) FROM pg_db_role_setting) AS lines""",
}
TABLES = sorted(metadata.tables)


def new(object_id='{new}', creator='{bob}', project='{ALPHA}', level='2', date=NOW, class_name='Blend', filename='forged.fits',
        is_valid='1', raw_fits=None):
    """The statement that puts an object into the database, as awlike does; by default bob's, in ALPHA, at level 2."""
    link = f"'{raw_fits}'" if raw_fits else 'NULL'
    return ('INSERT INTO dbobject (object_id, class_name, creation_date, creator_id, project_id, privileges, is_valid, '
            f"quality_flags, digest, filename, raw_fits_id) VALUES ('{object_id}', '{class_name}', {date}, '{creator}', "
            f"'{project}', {level}, {is_valid}, 0, 'forged', '{filename}', {link})")


def row(object_id='{new}'):
    """The statement that puts what a blend has of its own beside it."""
    return f"INSERT INTO blend (object_id, share) VALUES ('{object_id}', 0.5)"


def edge(product, part, position=0, role='parts'):
    """The statement that says what a product was made from."""
    return f"INSERT INTO lineage (product, role, position, input) VALUES ('{product}', '{role}', {position}, '{part}')"

