using System.Text;
using FsCheck;
using FsCheck.Xunit;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class StreamingObjectParserTests
{
    private const string Box = "<loc0100><loc0200><loc0300><loc0400>";

    private static readonly string Mask = SegmentationTokens.Format([.. Enumerable.Range(50, 16)]);

    /// <summary>Answers, the labels of the objects in them, and how many problems are reported.</summary>
    public static TheoryData<string, string[], int> Answers => new()
    {
        { "", [], 0 },
        { $"{Box} cat", ["cat"], 0 },
        { $"{Box} cat ; {Box} dog", ["cat", "dog"], 0 },
        { $"{Box}", [""], 0 },
        { $"{Box} ; {Box} dog", ["", "dog"], 0 },
        { $"{Box}{Mask} cat ; {Box}{Mask}", ["cat", ""], 0 },
        // Labels with any punctuation, in any script.
        { $"{Box} a cat (black, 50%): \"x\" <b>&</b>! ; {Box} 猫、犬 ; {Box} قطة", ["a cat (black, 50%): \"x\" <b>&</b>!", "猫、犬", "قطة"], 0 },
        { $"{Box} salt; pepper ; {Box} a ; b ; {Box} x;", ["salt; pepper", "a ; b", "x;"], 0 },
        { $"{Box} <loc12> <loc1024> <seg128> ; {Box} <loc0001", ["<loc12> <loc1024> <seg128>", "<loc0001"], 0 },
        // Spacing does not matter.
        { $"  {Box}cat;{Box}  dog  ", ["cat", "dog"], 0 },
        { $"<loc0100> <loc0200> <loc0300> <loc0400> {Mask}\ncat\n;\n{Box} dog", ["cat", "dog"], 0 },
        // Text outside of objects.
        { $"I see {Box} cat", ["cat"], 1 },
        { $"{Box} cat ; and {Box} dog", ["cat", "dog"], 1 },
        { $"{Box} ; nothing ; {Box} dog", ["", "dog"], 1 },
        { "none", [], 1 },
        // Separators that are missing or lead nowhere.
        { $"{Box}{Box} dog", ["", "dog"], 1 },
        { $"{Box} cat {Box} dog", ["cat", "dog"], 1 },
        { $"{Box} cat ; ", ["cat"], 1 },
        { $"{Box} ;", [""], 1 },
        { $"{Box} cat ; ; {Box} dog", ["cat", "dog"], 1 },
        // Groups that are cut short or too long.
        { "<loc0100><loc0200><loc0300>", [], 1 },
        { $"<loc0100><loc0200> cat ; {Box} dog", ["dog"], 1 },
        { $"{Box} cat ; <loc0100><loc0200>", ["cat"], 1 },
        { $"{Box}<loc0500> cat", [""], 2 },
        { $"{Box}<seg000><seg001> cat", ["cat"], 1 },
        { $"{Box}{Mask}<seg000><seg001> cat", ["cat"], 1 },
        { $"<seg000><seg001> {Box} cat<seg000>dog", ["cat dog"], 2 },
        // Edges in the wrong order.
        { "<loc0300><loc0400><loc0100><loc0200> cat", ["cat"], 1 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Answers_are_read_and_what_is_odd_is_reported(string answer, string[] labels, int problems)
    {
        TaskOutput output = TaskOutputParser.ParseObjects(answer, 1023, 1023);
        Assert.Equal(labels, output.Objects.Select(found => found.Label));
        Assert.True(problems == output.Problems.Count, string.Join(' ', output.Problems));
        Assert.All(output.Objects, found => Assert.Equal(new PixelBox(100, 200, 300, 400), Rounded(found.PixelBox)));
        Assert.All(output.Problems, problem => Assert.InRange(problem.Position, 0, answer.Length));
        Assert.Equal(answer, output.Text);
    }

    /// <summary>Answers to "dog ; hot dog ; a; b", the labels of the objects in them, and how many problems are reported.</summary>
    public static TheoryData<string, string[], int> AnswersToAPrompt => new()
    {
        { $"{Box} dog ; {Box} hot dog", ["dog", "hot dog"], 0 },
        { $"{Box} dog ; blah", ["dog"], 1 },
        { $"{Box} dog;blah", ["dog"], 1 },
        { $"{Box} dog ; blah ; {Box} dog", ["dog", "dog"], 1 },
        { $"{Box} dog ; one ; two ; {Box} dog", ["dog", "dog"], 1 },
        { $"{Box} dog;", ["dog"], 1 },
        // What was asked for may hold a semicolon.
        { $"{Box} a; b", ["a; b"], 0 },
        { $"{Box} a; b ; {Box} a; b", ["a; b", "a; b"], 0 },
        { $"{Box} a; b ; blah", ["a; b"], 1 },
        // What was not asked for is still a label.
        { $"{Box} wolf", ["wolf"], 0 },
        { $"{Box} wolf ; blah", ["wolf"], 1 },
        { $"{Box} dogs ; blah", ["dogs"], 1 },
        { $"{Box}", [""], 0 },
    };

    [Theory]
    [MemberData(nameof(AnswersToAPrompt))]
    public void Where_it_is_known_what_was_asked_for_a_label_ends_with_it(string answer, string[] labels, int problems)
    {
        StreamingObjectParser parser = new(1023, 1023, things: ["dog", "hot dog", "a; b"]);
        DetectedObject[] objects = [.. parser.Append(answer), .. parser.Complete()];
        Assert.Equal(labels, objects.Select(found => found.Label));
        Assert.True(problems == parser.Problems.Count, string.Join(' ', parser.Problems));
        Assert.All(parser.Problems, problem => Assert.InRange(problem.Position, 0, answer.Length));
    }

    [Fact]
    public void Boxes_are_in_the_order_y_x_and_in_pixels_of_the_original_picture()
    {
        DetectedObject found = Assert.Single(TaskOutputParser.ParseObjects(Box + " cat", width: 2046, height: 1023).Objects);
        Assert.Equal(new BoundingBox(100 / 1023f, 200 / 1023f, 300 / 1023f, 400 / 1023f), found.Box);
        Assert.Equal(new PixelBox(100, 400, 300, 800), Rounded(found.PixelBox));
        Assert.Equal(
            new BoundingBox(100 / 1024f, 200 / 1024f, 300 / 1024f, 400 / 1024f),
            TaskOutputParser.ParseObjects(Box, 1, 1, LocationScale.Over1024).Objects[0].Box);
    }

    [Fact]
    public void A_mask_has_its_sixteen_codes_or_is_none()
    {
        Assert.Equal(Enumerable.Range(50, 16), TaskOutputParser.ParseObjects(Box + Mask + " cat", 1, 1).Objects[0].MaskCodes);
        Assert.Null(TaskOutputParser.ParseObjects(Box + Mask[..^8] + " cat", 1, 1).Objects[0].MaskCodes);
        Assert.Null(TaskOutputParser.ParseObjects(Box + " cat", 1, 1).Objects[0].MaskCodes);
    }

    [Fact]
    public void The_score_is_the_geometric_mean_over_locations_and_label()
    {
        StreamingObjectParser parser = new(100, 100);
        List<DetectedObject> found = [];
        Add("<loc0100>", 0.5);
        Add("<loc0200>", 0.25);
        Add("<loc0300>", 0.5);
        Add("<loc0400>", 0.5);
        Add(" big", 0.25);
        Add("", 0.5);
        Add("猫", 0.25);
        Add(" ;", 0.001);
        Add(" ", 0.002);
        Add("<loc0000>", 0.1);
        Assert.Equal("big猫", Assert.Single(found).Label);
        Assert.Equal(Math.Exp((4 * Math.Log(0.5) + 3 * Math.Log(0.25)) / 7), found[0].Score!.Value, 1e-6);

        void Add(string text, double probability) => found.AddRange(parser.Append(text, (float)Math.Log(probability)));
    }

    [Fact]
    public void Codes_do_not_count_in_the_score_and_plain_text_has_none()
    {
        StreamingObjectParser parser = new(100, 100);
        parser.Append(Box, MathF.Log(0.5f));
        parser.Append(Mask, MathF.Log(0.001f));
        Assert.Equal(0.5f, Assert.Single(parser.Complete()).Score!.Value, 1e-6);
        Assert.Null(TaskOutputParser.ParseObjects(Box, 1, 1).Objects[0].Score);
    }

    [Fact]
    public void An_object_is_delivered_when_the_next_ones_first_location_is_there()
    {
        StreamingObjectParser parser = new(100, 100);
        Assert.Empty(parser.Append(Box));
        Assert.Empty(parser.Append(" cat"));
        Assert.Empty(parser.Append(" ; "));
        Assert.Empty(parser.Append("<loc0"));
        Assert.Equal("cat", Assert.Single(parser.Append("000>")).Label);
        Assert.Empty(parser.Append("<loc0000><loc0000><loc0000> dog"));
        Assert.Equal("dog", Assert.Single(parser.Complete()).Label);
    }

    [Property(MaxTest = 500)]
    public void Formatting_and_parsing_give_the_same_objects(List<(NonNegativeInt[] Numbers, string? Label, bool HasMask)> objects)
    {
        List<DetectedObject> expected = [.. objects.Select(it => Object(it.Numbers, it.Label ?? "", it.HasMask))];
        string text = ObjectText.Format(expected);
        TaskOutput output = TaskOutputParser.ParseObjects(text, 640, 480);
        Assert.Empty(output.Problems);
        AssertSame(expected, output.Objects);
        Assert.True(ObjectText.IsWellFormed(text));
    }

    [Property(MaxTest = 1000)]
    public void Whatever_a_model_says_is_read_without_an_error_and_what_was_read_can_be_written(NonNegativeInt[] choices, string? text)
    {
        string answer = Garbage(choices, text);
        TaskOutput output = TaskOutputParser.ParseObjects(answer, 640, 480);
        Assert.All(output.Problems, problem => Assert.InRange(problem.Position, 0, answer.Length));
        AssertSame(output.Objects, TaskOutputParser.ParseObjects(ObjectText.Format(output.Objects), 640, 480).Objects);
    }

    [Property(MaxTest = 500)]
    public void Any_bytes_are_read_without_an_error(byte[] bytes)
    {
        TaskOutput output = TaskOutputParser.ParseObjects(Encoding.UTF8.GetString(bytes), 640, 480);
        Assert.NotNull(output);
    }

    [Property(MaxTest = 500)]
    public void Pieces_of_any_size_give_what_the_whole_gives(NonNegativeInt[] choices, string? text, PositiveInt size)
    {
        string answer = Garbage(choices, text);
        StreamingObjectParser parser = new(640, 480);
        List<DetectedObject> found = [];
        foreach (char[] piece in answer.Chunk((size.Get % 12) + 1))
        {
            found.AddRange(parser.Append(new string(piece)));
        }
        found.AddRange(parser.Complete());
        TaskOutput whole = TaskOutputParser.ParseObjects(answer, 640, 480);
        AssertSame(whole.Objects, found);
        Assert.Equal(whole.Problems, parser.Problems);
    }

    [Fact]
    public void A_long_answer_of_odd_tokens_is_read_in_one_pass()
    {
        string answer = $"{Box} {new string('a', 200_000)}{string.Concat(Enumerable.Repeat("<seg000> <loc00", 100_000))}";
        Assert.Single(TaskOutputParser.ParseObjects(answer, 640, 480).Objects);
    }

    /// <summary>Strings of the grammar's own parts in any order, with text among them.</summary>
    private static string Garbage(NonNegativeInt[] choices, string? text)
    {
        string[] parts =
        [
            Box, Mask, "<loc0001>", "<seg001>", " ; ", ";", " ", " cat", "<loc", "0001>", "<",
            text ?? "", LocationTokens.Format(900), "\n", "<seg00", "1>",
        ];
        return string.Concat(choices.Select(choice => parts[choice.Get % parts.Length]));
    }

    private static DetectedObject Object(NonNegativeInt[] numbers, string label, bool hasMask)
    {
        int Number(int i, int count) => numbers.Length == 0 ? 0 : (numbers[i % numbers.Length].Get * (i + 1)) % count;
        int[] locations = [.. Enumerable.Range(0, 4).Select(i => Number(i, LocationTokens.Count))];
        BoundingBox box = new(
            LocationTokens.Decode(Math.Min(locations[0], locations[2])),
            LocationTokens.Decode(Math.Min(locations[1], locations[3])),
            LocationTokens.Decode(Math.Max(locations[0], locations[2])),
            LocationTokens.Decode(Math.Max(locations[1], locations[3])));
        int[]? codes = hasMask ? [.. Enumerable.Range(0, 16).Select(i => Number(i, SegmentationTokens.Count))] : null;
        return new DetectedObject(ObjectText.LabelFault(label) is null ? label : "", box, box.ToPixels(640, 480), null, codes);
    }

    private static void AssertSame(IReadOnlyList<DetectedObject> expected, IReadOnlyList<DetectedObject> actual)
    {
        // Lists compare by reference.
        Assert.Equal(expected.Select(found => found with { MaskCodes = null }), actual.Select(found => found with { MaskCodes = null }));
        Assert.Equal(expected.Select(found => found.MaskCodes), actual.Select(found => found.MaskCodes));
    }

    private static PixelBox Rounded(PixelBox box) =>
        new(MathF.Round(box.Y1), MathF.Round(box.X1), MathF.Round(box.Y2), MathF.Round(box.X2));
}
