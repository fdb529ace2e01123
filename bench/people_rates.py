"""How often each thing goes wrong on a made-up card, all in one place, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRates:
    """How often each thing happens; shares of cards unless said otherwise.

    The reasons are of practice in Russian CRMs (see the reference on normalisation); no real
    account was measured, so they are kept in one place to be changed.
    """

    # Persons by their number of cards, 1 to 8: most have one; a customer who comes back through
    # another channel has two or three; a long tail comes from forms and telephony.
    cards: tuple[float, ...] = (0.70, 0.17, 0.07, 0.03, 0.015, 0.008, 0.004, 0.003)
    # Distinct surnames at most, the most frequent ones: 90,000 is a whole country; 1,000 makes as
    # many namesakes as the short lists of other generators do.
    surnames: int = 90_000
    family: float = 0.12  # of persons: families of 2 to 4 with one address and one number
    same_name_in_family: float = 0.04  # of relatives: father and son of one given name
    shared_office: float = 0.05  # of persons: offices of 10 to 60 behind one switchboard
    namesake: float = 0.03  # of persons, over those that frequencies make: common in big bases

    # A manager fills what the deal needs: a number, some name; the rest is empty.
    no_first_name: float = 0.03
    no_last_name: float = 0.08  # "Иван" from a call
    no_middle_name: float = 0.50
    no_phone: float = 0.15
    no_email: float = 0.55
    no_company: float = 0.35  # of cards of the employed, 0.5 of all
    no_position: float = 0.60  # the same: 0.7 of all
    no_city: float = 0.30
    no_address: float = 0.65
    no_birth_date: float = 0.70

    short_form: float = 0.12  # of names that have one: Саша for Александр
    initials: float = 0.03  # И. for Иван
    initial_of_father: float = 0.10  # of middle names: И. for Иванович
    yo: float = 0.35  # of names spelt with ё: the typist found the key
    last_name_typo: float = 0.04  # 1 in 25 words typed from hearing
    first_name_typo: float = 0.02  # shorter and more familiar words
    middle_name_typo: float = 0.02
    latin: float = 0.03  # foreign forms, bank and airline data
    swapped: float = 0.03  # surname in the first name's field
    in_one_field: float = 0.04  # "Иванов Иван Иванович" in the first name's field
    look_alike: float = 0.01  # Latin a, c, e, o, p, x in Cyrillic words
    upper: float = 0.02
    lower: float = 0.04
    spaces: float = 0.03
    new_surname: float = 0.015  # of women's later cards: marriage

    new_phone: float = 0.12  # of later cards: a changed or second number
    doubled_phone: float = 0.08  # two numbers in one cell
    family_phone: float = 0.40  # of cards of families: the family's number is on the card
    office_phone: float = 0.60  # of cards of offices: the switchboard is on the card
    firm_phone: float = 0.04  # of other cards with a firm: its number
    phone_typo: float = 0.015
    placeholder_phone: float = 0.003  # a required field was filled with anything
    other_email: float = 0.18  # of later cards: another mailbox than the usual one
    work_email: float = 0.25  # of employed persons: i.surname@firm is the usual one
    role_email: float = 0.04  # of cards of the employed: info@firm
    email_typo: float = 0.03
    email_upper: float = 0.04
    placeholder_email: float = 0.003
    new_city: float = 0.06  # of later cards: moved, with a new address
    city_spelling: float = 0.15  # МСК, г. Москва
    new_company: float = 0.05  # of later cards: changed jobs, no firm on the card
    company_latin: float = 0.05  # Romashka
    company_typo: float = 0.02
    birth_swapped: float = 0.02  # day and month exchanged, where both are months
    birth_off: float = 0.015  # another day, or one digit of the year
    birth_new_year: float = 0.02  # 1 January of the right year
    birth_other_format: float = 0.08  # ISO instead of 31.12.1980


RATES = ErrorRates()
