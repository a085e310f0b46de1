namespace PaliGemma.Data.Shapes;

/// <summary>How a language names shapes and counts them.</summary>
internal abstract class ShapeLanguage
{
    private ShapeLanguage(string code, string and, string[] numbers)
    {
        Code = code;
        And = and;
        Numbers = numbers;
    }

    /// <summary>All languages, English first.</summary>
    public static IReadOnlyList<ShapeLanguage> All { get; } = [English, Spanish, French];

    private static ShapeLanguage English => new EnglishNames();

    private static ShapeLanguage Spanish => new RomanceNames(
        "es", " y ", ["dos", "tres", "cuatro", "cinco", "seis"], "un", "una",
        [("círculo", "círculos", false), ("cuadrado", "cuadrados", false), ("triángulo", "triángulos", false), ("estrella", "estrellas", true),
            ("rombo", "rombos", false), ("cruz", "cruces", true), ("palabra", "palabras", true)],
        [("rojo", "roja", "rojos", "rojas"), ("verde", "verde", "verdes", "verdes"), ("azul", "azul", "azules", "azules"),
            ("amarillo", "amarilla", "amarillos", "amarillas"), ("naranja", "naranja", "naranjas", "naranjas"),
            ("morado", "morada", "morados", "moradas"), ("negro", "negra", "negros", "negras"), ("blanco", "blanca", "blancos", "blancas")]);

    private static ShapeLanguage French => new RomanceNames(
        "fr", " et ", ["deux", "trois", "quatre", "cinq", "six"], "un", "une",
        [("cercle", "cercles", false), ("carré", "carrés", false), ("triangle", "triangles", false), ("étoile", "étoiles", true),
            ("losange", "losanges", false), ("croix", "croix", true), ("mot", "mots", false)],
        [("rouge", "rouge", "rouges", "rouges"), ("vert", "verte", "verts", "vertes"), ("bleu", "bleue", "bleus", "bleues"),
            ("jaune", "jaune", "jaunes", "jaunes"), ("orange", "orange", "orange", "orange"),
            ("violet", "violette", "violets", "violettes"), ("noir", "noire", "noirs", "noires"), ("blanc", "blanche", "blancs", "blanches")]);

    /// <summary>The language's code in prompts.</summary>
    public string Code { get; }

    /// <summary>Stands before the last of several things.</summary>
    private string And { get; }

    /// <summary>From two on.</summary>
    private string[] Numbers { get; }

    /// <summary>
    /// Names what is in a scene: shapes that are alike together, in the order of their kinds, then of their colours; then the words.
    /// </summary>
    public string Caption(Scene scene)
    {
        IEnumerable<string> shapes = GroupsOf(scene).Select(group => Shapes(group.Kind, group.Color, group.Count));
        string[] parts = scene.Words.Count > 0 ? [.. shapes, Words(scene.Words.Count)] : [.. shapes];
        return parts.Length == 1 ? parts[0] : string.Join(", ", parts[..^1]) + And + parts[^1];
    }

    /// <summary>The shapes that are alike, in the order in which a caption names them.</summary>
    public static IReadOnlyList<(ShapeKind Kind, ShapeColor Color, int Count)> GroupsOf(Scene scene) =>
    [
        .. scene.Shapes
            .GroupBy(shape => (shape.Kind, shape.Color))
            .OrderBy(group => group.Key)
            .Select(group => (group.Key.Kind, group.Key.Color, group.Count())),
    ];

    /// <summary>Names shapes that are alike: "two red stars".</summary>
    protected abstract string Shapes(ShapeKind kind, ShapeColor color, int count);

    /// <summary>Names printed words: "a word".</summary>
    protected abstract string Words(int count);

    private protected string Number(int count) => Numbers[count - 2];

    private sealed class EnglishNames() : ShapeLanguage("en", " and ", ["two", "three", "four", "five", "six"])
    {
        protected override string Shapes(ShapeKind kind, ShapeColor color, int count) => count > 1
            ? $"{Number(count)} {EnglishShapes.Name(color)} {EnglishShapes.Plural(kind)}"
            : $"{(color == ShapeColor.Orange ? "an" : "a")} {EnglishShapes.Name(color, kind)}";

        protected override string Words(int count) => count == 1 ? "a word" : $"{Number(count)} words";
    }

    /// <summary>Adjectives follow, and agree in gender and number.</summary>
    private sealed class RomanceNames(
        string code,
        string and,
        string[] numbers,
        string one,
        string oneFeminine,
        (string Singular, string Plural, bool IsFeminine)[] nouns,
        (string Masculine, string Feminine, string MasculinePlural, string FemininePlural)[] adjectives) : ShapeLanguage(code, and, numbers)
    {
        protected override string Shapes(ShapeKind kind, ShapeColor color, int count)
        {
            (string masculine, string feminine, string masculines, string feminines) = adjectives[(int)color];
            bool isFeminine = nouns[(int)kind].IsFeminine;
            return $"{Noun((int)kind, count)} {(count == 1 ? isFeminine ? feminine : masculine : isFeminine ? feminines : masculines)}";
        }

        protected override string Words(int count) => Noun(nouns.Length - 1, count);

        private string Noun(int index, int count)
        {
            (string singular, string plural, bool isFeminine) = nouns[index];
            return count > 1 ? $"{Number(count)} {plural}" : $"{(isFeminine ? oneFeminine : one)} {singular}";
        }
    }
}
