from orders.api import handler


def test_an_order_gets_its_total():
    answer = handler({"body": '{"item": "tea", "price": "2.50", "quantity": 3}'}, None)

    assert (answer["statusCode"], answer["body"]) == (200, '{"item":"tea","total":"7.50"}')


def test_an_order_for_nothing_is_refused():
    answer = handler({"body": '{"item": "tea", "price": "2.50", "quantity": 0}'}, None)

    assert answer["statusCode"] == 422
