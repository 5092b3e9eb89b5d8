"""What people typed into orders: 25 ways to write down a customer, a phone, a plate or a car."""

TYPED_WORDS = {
    "slashes": "call 138/0013/8000",
    "brackets": "tel (138)(0013)(8000)",
    "commas": "138,0013,8000",
    "en dashes": "138–0013–8000",
    "full width": "１３８００１３８０００",
    "chinese digits": "一三八零零一三八零零零",
    "zero-width spaces": "138\u200b0013\u200b8000",
    "letters o for zeros": "138oo138ooo",
    "spaces": "138 0013 8000",
    "dots": "138.0013.8000",
    "ideographic spaces": "138\u30000013\u30008000",
    "name with a slash": "王/建华",
    "name with spaces": "王 建 华",
    "family name": "王先生 waits",
    "reversed name": "建华王",
    "pinyin": "Wang Jianhua",
    "plate with a slash": "沪A/12345 brakes",
    "plate in full width": "沪Ａ１２３４５",
    "plate without the province": "A12345",
    "digits of the plate": "12345 brakes",
    "end of the vin": "vin …183294",
    "number of the order": "RO-PRIV-1",
    "chat name": "wx: wangjh_1980",
    "mail address": "wang@example.com",
    "street address": "延安西路1234号5楼",
}
# What nobody can know to be a person's; the customer may read it on the own page.
UNKNOWABLE = {"pinyin"}
CUSTOMER = {
    "customer_name": "王建华",
    "customer_phone": "13800138000",
    "plate": "沪A12345",
    "vin": "LSVAU2A37N2183294",
    "customer_ref": "C00017",
}
