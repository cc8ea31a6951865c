def scenarios():
    for era in range(1, 9):
        look(world(make(f"s{era}", era)))
    look(world(make("s5_both", 5, BOTH)))
    look(world(make("s1_both", 1, BOTH)))
    look(world(make("s7_root_alone", 7, ROOT_ALONE)))
    look(world(make("s7_fips", 7, FIPS)))
