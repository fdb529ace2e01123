"""The words that every report shares: entities, severities, repairs, parts, notes.

A code or a name that has no words here is shown as it is: a report of a newer
engine, or of a check that is gone, is still readable.
"""

from .classes import CLASSES, class_name
from .notes import FACTS, NOTES, note_text
from .parts import (
    COLUMNS,
    PARTS,
    REASONS,
    missing_parts,
    part_name,
    part_names,
    place_name,
    reason_text,
)
from .records import (
    CRMS,
    ENTITIES,
    REPAIRS,
    SEVERITIES,
    STAGES,
    crm_name,
    entity_name,
    repair_name,
    severity_name,
    stage_name,
)
from .sections import SECTIONS, section_of
from .texts import moment, plain

__all__ = [
    "CLASSES",
    "COLUMNS",
    "CRMS",
    "ENTITIES",
    "FACTS",
    "NOTES",
    "PARTS",
    "REASONS",
    "REPAIRS",
    "SECTIONS",
    "SEVERITIES",
    "STAGES",
    "class_name",
    "crm_name",
    "entity_name",
    "missing_parts",
    "moment",
    "note_text",
    "part_name",
    "part_names",
    "place_name",
    "plain",
    "reason_text",
    "repair_name",
    "section_of",
    "severity_name",
    "stage_name",
]
