module matryoshka.dev/components/pause

go 1.24.0
