-- The tables of an SQLite database as awlike made them before it kept versions (commit 285257c).
CREATE TABLE instrument ( object_id BLOB NOT NULL, creation_date DATETIME, name VARCHAR, telescope VARCHAR, latitude
    FLOAT, longitude FLOAT, elevation FLOAT, timezone VARCHAR, CONSTRAINT pk_instrument PRIMARY KEY (object_id),
    CONSTRAINT uq_instrument_name UNIQUE (name) );
CREATE TABLE lineage ( product BLOB NOT NULL, role VARCHAR NOT NULL, position INTEGER NOT NULL, input BLOB NOT NULL,
    CONSTRAINT pk_lineage PRIMARY KEY (product, role, position) ) WITHOUT ROWID;
CREATE INDEX ix_lineage_input ON lineage (input, product, role);
CREATE TABLE project_member ( project_id BLOB NOT NULL, user_id BLOB NOT NULL, CONSTRAINT pk_project_member PRIMARY KEY
    (project_id, user_id) ) WITHOUT ROWID;
CREATE TABLE readout ( object_id BLOB NOT NULL, creation_date DATETIME, name VARCHAR, amplifiers JSON, CONSTRAINT
    pk_readout PRIMARY KEY (object_id), CONSTRAINT uq_readout_name UNIQUE (name) );
CREATE TABLE user ( object_id BLOB NOT NULL, creation_date DATETIME, name VARCHAR, CONSTRAINT pk_user PRIMARY KEY
    (object_id), CONSTRAINT uq_user_name UNIQUE (name) );
CREATE TABLE chip ( object_id BLOB NOT NULL, creation_date DATETIME, name VARCHAR, instrument_id BLOB, CONSTRAINT
    pk_chip PRIMARY KEY (object_id), CONSTRAINT fk_chip_instrument_id FOREIGN KEY(instrument_id) REFERENCES instrument
    (object_id) );
CREATE INDEX ix_chip_name ON chip (name);
CREATE TABLE claim ( "key" VARCHAR NOT NULL, owner VARCHAR NOT NULL, place VARCHAR NOT NULL, pid INTEGER NOT NULL,
    user_id BLOB NOT NULL, filename VARCHAR, heartbeat DATETIME NOT NULL, CONSTRAINT pk_claim PRIMARY KEY ("key"),
    CONSTRAINT fk_claim_user_id FOREIGN KEY(user_id) REFERENCES user (object_id) );
CREATE INDEX ix_claim_heartbeat ON claim (heartbeat);
CREATE TABLE dropped_file ( object_id BLOB NOT NULL, reason VARCHAR NOT NULL, user_id BLOB NOT NULL, date DATETIME NOT
    NULL, CONSTRAINT pk_dropped_file PRIMARY KEY (object_id), CONSTRAINT fk_dropped_file_user_id FOREIGN KEY(user_id)
    REFERENCES user (object_id) );
CREATE TABLE filter ( object_id BLOB NOT NULL, creation_date DATETIME, name VARCHAR, mag_id VARCHAR, central_wavelength
    FLOAT, has_fringes BOOLEAN, instrument_id BLOB, CONSTRAINT pk_filter PRIMARY KEY (object_id), CONSTRAINT
    fk_filter_instrument_id FOREIGN KEY(instrument_id) REFERENCES instrument (object_id) );
CREATE INDEX ix_filter_name ON filter (name);
CREATE TABLE history ( number INTEGER NOT NULL, object_id BLOB NOT NULL, attribute VARCHAR NOT NULL, old TEXT, new TEXT,
    user_id BLOB NOT NULL, date DATETIME NOT NULL, CONSTRAINT pk_history PRIMARY KEY (number), CONSTRAINT
    fk_history_user_id FOREIGN KEY(user_id) REFERENCES user (object_id) );
CREATE INDEX ix_history_object_id ON history (object_id);
CREATE TABLE observing_block ( object_id BLOB NOT NULL, creation_date DATETIME, id VARCHAR, name VARCHAR, start
    DATETIME, instrument_id BLOB, CONSTRAINT pk_observing_block PRIMARY KEY (object_id), CONSTRAINT
    fk_observing_block_instrument_id FOREIGN KEY(instrument_id) REFERENCES instrument (object_id) );
CREATE INDEX ix_observing_block_id ON observing_block (id);
CREATE INDEX ix_observing_block_start ON observing_block (start);
CREATE TABLE project ( object_id BLOB NOT NULL, creation_date DATETIME, name VARCHAR, description VARCHAR,
    maximum_privileges INTEGER, instrument_id BLOB, owner_id BLOB, CONSTRAINT pk_project PRIMARY KEY (object_id),
    CONSTRAINT uq_project_name UNIQUE (name), CONSTRAINT fk_project_instrument_id FOREIGN KEY(instrument_id) REFERENCES
    instrument (object_id), CONSTRAINT fk_project_owner_id FOREIGN KEY(owner_id) REFERENCES user (object_id) );
CREATE TABLE template ( object_id BLOB NOT NULL, creation_date DATETIME, id VARCHAR, name VARCHAR, type VARCHAR, start
    DATETIME, instrument_id BLOB, CONSTRAINT pk_template PRIMARY KEY (object_id), CONSTRAINT fk_template_instrument_id
    FOREIGN KEY(instrument_id) REFERENCES instrument (object_id) );
CREATE INDEX ix_template_start ON template (start);
CREATE TABLE dbobject ( object_id BLOB NOT NULL, class_name VARCHAR NOT NULL, creation_date DATETIME, privileges
    INTEGER, is_valid INTEGER, quality_flags INTEGER, digest VARCHAR, filename VARCHAR, size INTEGER, chip_id BLOB,
    filter_id BLOB, imstat_min FLOAT, imstat_max FLOAT, imstat_mean FLOAT, imstat_median FLOAT, imstat_stdev FLOAT,
    imstat_npix INTEGER, creator_id BLOB, project_id BLOB, instrument_id BLOB, "DATE_OBS" DATETIME, extension INTEGER,
    "MJD_OBS" FLOAT, "EXPTIME" FLOAT, "OBJECT" VARCHAR, "OBSERVER" VARCHAR, trim VARCHAR, prescan_x VARCHAR, overscan_x
    VARCHAR, prescan_y VARCHAR, overscan_y VARCHAR, astrom JSON, raw_fits_id BLOB, template_id BLOB, observing_block_id
    BLOB, readout_id BLOB, "AIRMASS" FLOAT, reuse_key VARCHAR, make_version INTEGER, code_digest VARCHAR, libraries
    VARCHAR, recipe VARCHAR, process_parameters JSON, quality JSON, seconds FLOAT, timestamp_start DATETIME,
    timestamp_end DATETIME, CONSTRAINT pk_dbobject PRIMARY KEY (object_id), CONSTRAINT uq_dbobject_filename UNIQUE
    (filename), CONSTRAINT fk_dbobject_chip_id FOREIGN KEY(chip_id) REFERENCES chip (object_id), CONSTRAINT
    fk_dbobject_filter_id FOREIGN KEY(filter_id) REFERENCES filter (object_id), CONSTRAINT fk_dbobject_creator_id
    FOREIGN KEY(creator_id) REFERENCES user (object_id), CONSTRAINT fk_dbobject_project_id FOREIGN KEY(project_id)
    REFERENCES project (object_id), CONSTRAINT fk_dbobject_instrument_id FOREIGN KEY(instrument_id) REFERENCES
    instrument (object_id), CONSTRAINT fk_dbobject_raw_fits_id FOREIGN KEY(raw_fits_id) REFERENCES dbobject (object_id),
    CONSTRAINT fk_dbobject_template_id FOREIGN KEY(template_id) REFERENCES template (object_id), CONSTRAINT
    fk_dbobject_observing_block_id FOREIGN KEY(observing_block_id) REFERENCES observing_block (object_id), CONSTRAINT
    fk_dbobject_readout_id FOREIGN KEY(readout_id) REFERENCES readout (object_id) );
CREATE INDEX ix_dbobject_chip ON dbobject (chip_id, class_name, "DATE_OBS");
CREATE INDEX ix_dbobject_class ON dbobject (class_name, object_id);
CREATE INDEX ix_dbobject_digest ON dbobject (digest);
CREATE INDEX ix_dbobject_invalid ON dbobject (object_id) WHERE is_valid = 0;
CREATE INDEX ix_dbobject_reuse_key ON dbobject (reuse_key);
CREATE INDEX ix_dbobject_template_id ON dbobject (template_id);
CREATE TABLE cold_pixel_map ( count INTEGER, object_id BLOB NOT NULL, CONSTRAINT pk_cold_pixel_map PRIMARY KEY
    (object_id), CONSTRAINT fk_cold_pixel_map_object_id FOREIGN KEY(object_id) REFERENCES dbobject (object_id) );
CREATE TABLE cosmic_map ( cosmic_count INTEGER, object_id BLOB NOT NULL, CONSTRAINT pk_cosmic_map PRIMARY KEY
    (object_id), CONSTRAINT fk_cosmic_map_object_id FOREIGN KEY(object_id) REFERENCES dbobject (object_id) );
CREATE TABLE gain_linearity ( gain FLOAT, gain_error FLOAT, exposure_times JSON, exposure_levels JSON, median_sum JSON,
    rms_diff JSON, coefficients JSON, linearity_rms FLOAT, object_id BLOB NOT NULL, CONSTRAINT pk_gain_linearity PRIMARY
    KEY (object_id), CONSTRAINT fk_gain_linearity_object_id FOREIGN KEY(object_id) REFERENCES dbobject (object_id) );
CREATE TABLE hot_pixel_map ( count INTEGER, object_id BLOB NOT NULL, CONSTRAINT pk_hot_pixel_map PRIMARY KEY
    (object_id), CONSTRAINT fk_hot_pixel_map_object_id FOREIGN KEY(object_id) REFERENCES dbobject (object_id) );
CREATE TABLE illumination_correction ( fit_coeffs JSON, shape JSON, number_of_stars INTEGER, rms FLOAT, error FLOAT,
    object_id BLOB NOT NULL, CONSTRAINT pk_illumination_correction PRIMARY KEY (object_id), CONSTRAINT
    fk_illumination_correction_object_id FOREIGN KEY(object_id) REFERENCES dbobject (object_id) );
CREATE TABLE raw_fits ( original_name VARCHAR, number_of_frames INTEGER, object_id BLOB NOT NULL, CONSTRAINT pk_raw_fits
    PRIMARY KEY (object_id), CONSTRAINT fk_raw_fits_object_id FOREIGN KEY(object_id) REFERENCES dbobject (object_id) );
CREATE INDEX ix_raw_fits_original_name ON raw_fits (original_name);
CREATE TABLE read_noise ( read_noise FLOAT, mean_diff FLOAT, median_diff FLOAT, object_id BLOB NOT NULL, CONSTRAINT
    pk_read_noise PRIMARY KEY (object_id), CONSTRAINT fk_read_noise_object_id FOREIGN KEY(object_id) REFERENCES dbobject
    (object_id) );
CREATE TABLE reduced_science_frame ( fringe_scale FLOAT, object_id BLOB NOT NULL, CONSTRAINT pk_reduced_science_frame
    PRIMARY KEY (object_id), CONSTRAINT fk_reduced_science_frame_object_id FOREIGN KEY(object_id) REFERENCES dbobject
    (object_id) );
CREATE TABLE satellite_map ( track_count INTEGER, count INTEGER, object_id BLOB NOT NULL, CONSTRAINT pk_satellite_map
    PRIMARY KEY (object_id), CONSTRAINT fk_satellite_map_object_id FOREIGN KEY(object_id) REFERENCES dbobject
    (object_id) );
CREATE TABLE saturated_pixel_map ( count INTEGER, object_id BLOB NOT NULL, CONSTRAINT pk_saturated_pixel_map PRIMARY KEY
    (object_id), CONSTRAINT fk_saturated_pixel_map_object_id FOREIGN KEY(object_id) REFERENCES dbobject (object_id) );
