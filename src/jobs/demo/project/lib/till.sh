# A till. Prices are whole cents.

# total QUANTITY CENTS: prints what so many pieces cost.
total() {
    echo $(($1 * $2))
}

# price CENTS: prints a price for people.
price() {
    printf '%d.%02d\n' $(($1 / 100)) $(($1 % 100))
}

# greeting LANGUAGE: prints a welcome.
greeting() {
    case "$1" in
    en) echo "Welcome" ;;
    *) echo "Hello" ;;
    esac
}
