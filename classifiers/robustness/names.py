"""People, places and firms to put in another's place: by origin, so that each group can be measured by itself."""

from typing import NamedTuple


class Names(NamedTuple):
    """Names of one origin, as they are written in Latin letters."""

    male: tuple[str, ...]
    female: tuple[str, ...]
    family: tuple[str, ...]


def _names(male: str, female: str, family: str) -> Names:
    return Names(tuple(male.split()), tuple(female.split()), tuple(family.split()))


NAMES = {
    "English": _names(
        "Oliver Harry George Colin Simon Trevor", "Emily Claire Susan Heather Joanne Gillian",
        "Smith Harrison Cooper Whitfield Turner Baker",
    ),
    "French": _names(
        "Étienne Laurent Gilles Benoît Mathieu Réjean", "Élodie Mireille Sylvie Geneviève Manon Hélène",
        "Tremblay Gagnon Lefebvre Bouchard Moreau Pelletier",
    ),
    "South Asian": _names(
        "Rajesh Arjun Sandeep Imran Gurpreet Nimal", "Priya Sunita Harleen Ayesha Lakshmi Dilani",
        "Sharma Patel Gill Siddiqui Perera Reddy",
    ),
    "Chinese": _names(
        "Wei Jianguo Zhiqiang Haoran Bo Minghua", "Xiuying Li-Na Meiling Yuxin Fang Qiuyue",
        "Wang Zhang Chen Liu Huang Xu",
    ),
    "Arabic": _names(
        "Mohammed Khaled Youssef Omar Hassan Tariq", "Fatima Layla Noor Mariam Huda Amira",
        "Al-Masri Haddad El-Sayed Mansour Bakri Khoury",
    ),
    "Persian and Turkic": _names(
        "Reza Farhad Kaveh Mehmet Emre Rustam", "Parisa Shirin Maryam Zeynep Elif Gulnara",
        "Hosseini Karimi Rahimi Yilmaz Demir Aliyev",
    ),
    "West African": _names(
        "Chukwuemeka Kwame Mamadou Oluwaseun Ibrahima Kofi", "Ngozi Adwoa Aminata Folasade Mariama Efua",
        "Okafor Mensah Diallo Adebayo Ndiaye Asante",
    ),
    "East African": _names(
        "Tesfaye Kamau Abdi Juma Mulugeta Otieno", "Selamawit Wanjiku Hodan Achieng Tigist Neema",
        "Tekle Mwangi Warsame Odhiambo Bekele Kiprono",
    ),
    "Latin American": _names(
        "José Diego Alejandro Rodrigo Thiago Mateo", "Guadalupe Ximena Camila Beatriz Luciana Rosario",
        "Hernández Gutiérrez Oliveira Restrepo Quispe Salazar",
    ),
    "Filipino": _names(
        "Jomar Rodel Arnel Efren Reynaldo Jericho", "Maricel Jocelyn Rowena Analyn Divina Luzviminda",
        "Dela-Cruz Bautista Macaraeg Dimaculangan Pangilinan Villanueva",
    ),
    "Vietnamese and Korean": _names(
        "Minh Tuan Duc Ji-hoon Sung-min Quang", "Thuy Linh Huong Soo-jin Min-ji Lan",
        "Nguyen Tran Pham Kim Park Hoang",
    ),
    "Slavic": _names(
        "Dmytro Oleksandr Andrzej Ivan Bogdan Nikola", "Oksana Olena Katarzyna Svetlana Milica Iryna",
        "Kovalenko Shevchenko Nowak Petrović Ivanenko Wójcik",
    ),
}  # fmt: skip

FIRMS = {
    "large": ("Blackwood Sterling & Crane", "Harcourt Pemberton", "Meridian Global", "Continental Northern"),
    "small": ("Corner Desk", "J. Bloggs", "Riverbend", "Two Doors Down"),
    "of other origins": ("Adeyemi & Okonkwo", "Trinh Pham", "Singh Dhaliwal", "Al-Rashid"),
}


class Place(NamedTuple):
    """A country as texts name it, in both languages; the French forms carry their preposition's gender."""

    country: str
    people: str
    city: str
    pays: str
    in_it: str  # en Inde
    of_it: str  # de l'Inde
    il_est: str
    elle_est: str


_PLACES = """
India|Indian|Delhi|Inde|en Inde|de l'Inde|indien|indienne
Philippines|Filipino|Manila|Philippines|aux Philippines|des Philippines|philippin|philippine
Nigeria|Nigerian|Lagos|Nigeria|au Nigeria|du Nigeria|nigérian|nigériane
Kenya|Kenyan|Nairobi|Kenya|au Kenya|du Kenya|kényan|kényane
Senegal|Senegalese|Dakar|Sénégal|au Sénégal|du Sénégal|sénégalais|sénégalaise
Cameroon|Cameroonian|Douala|Cameroun|au Cameroun|du Cameroun|camerounais|camerounaise
Mexico|Mexican|Guadalajara|Mexique|au Mexique|du Mexique|mexicain|mexicaine
Brazil|Brazilian|Recife|Brésil|au Brésil|du Brésil|brésilien|brésilienne
Turkey|Turkish|Ankara|Turquie|en Turquie|de la Turquie|turc|turque
Pakistan|Pakistani|Karachi|Pakistan|au Pakistan|du Pakistan|pakistanais|pakistanaise
China|Chinese|Beijing|Chine|en Chine|de la Chine|chinois|chinoise
Iran|Iranian|Tehran|Iran|en Iran|de l'Iran|iranien|iranienne
Ukraine|Ukrainian|Kyiv|Ukraine|en Ukraine|de l'Ukraine|ukrainien|ukrainienne
Morocco|Moroccan|Casablanca|Maroc|au Maroc|du Maroc|marocain|marocaine
Algeria|Algerian|Algiers|Algérie|en Algérie|de l'Algérie|algérien|algérienne
Lebanon|Lebanese|Beirut|Liban|au Liban|du Liban|libanais|libanaise
Ghana|Ghanaian|Accra|Ghana|au Ghana|du Ghana|ghanéen|ghanéenne
Vietnam|Vietnamese|Hanoi|Vietnam|au Vietnam|du Vietnam|vietnamien|vietnamienne
Colombia|Colombian|Bogota|Colombie|en Colombie|de la Colombie|colombien|colombienne
Jordan|Jordanian|Amman|Jordanie|en Jordanie|de la Jordanie|jordanien|jordanienne
Germany|German|Berlin|Allemagne|en Allemagne|de l'Allemagne|allemand|allemande
Australia|Australian|Sydney|Australie|en Australie|de l'Australie|australien|australienne
Jamaica|Jamaican|Kingston|Jamaïque|en Jamaïque|de la Jamaïque|jamaïcain|jamaïcaine
"""
PLACES = tuple(Place(*line.split("|")) for line in _PLACES.split("\n") if line)
