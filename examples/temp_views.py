# SQL and DataFrames on the same data: what one registers as a view, the other can query.
#
#   npx glaux run examples/temp_views.py
orders = spark.createDataFrame(
    [("Ada", "shipped", 20.5), ("Ada", "returned", 96.0), ("Grace", "shipped", 31.0), ("Grace", "open", 2.5)],
    ["customer", "status", "hours"],
)
orders.createOrReplaceTempView("orders")

spark.sql(
    """
    SELECT customer, count(*) AS orders, round(avg(hours), 1) AS avg_hours,
           sum(CASE WHEN status = 'returned' THEN 1 ELSE 0 END) AS returned
    FROM orders
    GROUP BY customer
    ORDER BY customer
    """
).show()

ranked = spark.sql(
    "SELECT customer, status, hours, rank() OVER (PARTITION BY customer ORDER BY hours DESC) AS place FROM orders"
)
ranked.where("place = 1").orderBy("customer").show()
