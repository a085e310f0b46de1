using FsCheck;
using FsCheck.Xunit;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tests.Generation;
using PaliGemma.Tests.Tokenization;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tasks;

public sealed class ObjectConstraintTests : IDisposable
{
    private readonly PaliGemmaPipeline _pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
    private readonly RgbImage _image = ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"));

    private static PaliGemmaTokenizer Tokenizer => GoldenTokenizers.Json;

    /// <summary>Labels that share beginnings, merge with the separator's characters, are spelled in bytes, or hold other labels.</summary>
    public static TheoryData<ObjectPrompt> Prompts =>
    [
        new DetectPrompt("cat"),
        new DetectPrompt("cat", "cat food", "car", "ca", "c", "dog"),
        new DetectPrompt("a  b", "<b>x</b>", "猫", "🐈 قطة", "50% (off)!", "cat,", "cat ,"),
        new SegmentPrompt("cat", "dog"),
        new ReferringExpressionPrompt("left boy"),
    ];

    public void Dispose() => _pipeline.Dispose();

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Every_way_through_the_grammar_is_well_formed_and_has_the_tokens_of_its_text(ObjectPrompt task)
    {
        ObjectConstraint constraint = new(task, Tokenizer, Tokenizer.EosId);
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            int room = constraint.ShortestAnswer + random.Next(120);
            AssertFollows(task, RandomWay(constraint, room, random));
        }
    }

    [Property(MaxTest = 200)]
    public void Labels_of_any_characters_are_encoded_as_in_a_whole_answer(NonNull<string>[] texts, int seed)
    {
        string[] things = [.. texts.Select(text => Writable(text.Get)).Append("cat")];
        DetectPrompt task = new(things);
        ObjectConstraint constraint = new(task, Tokenizer, Tokenizer.EosId);
        AssertFollows(task, RandomWay(constraint, 60, new Random(seed)));
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Everything_that_training_data_may_say_is_allowed(ObjectPrompt task)
    {
        ObjectConstraint constraint = new(task, Tokenizer, Tokenizer.EosId);
        Random random = new(2);
        for (int i = 0; i < 100; i++)
        {
            int count = task.HasLabels ? random.Next(5) : 1;
            string text = ObjectText.Format(Enumerable.Range(0, count).Select(_ => RandomObject(task, random)));
            int[] tokens = [.. Tokenizer.Encode(text), Tokenizer.EosId];
            long state = constraint.Start;
            for (int k = 0; k < tokens.Length; k++)
            {
                Assert.Contains(tokens[k], constraint.Allowed(state, tokens.Length - k).ToArray());
                state = tokens[k] == Tokenizer.EosId ? -1 : constraint.Advance(state, tokens[k]);
            }
        }
    }

    [Fact]
    public void Nothing_is_said_where_there_is_no_room_for_an_object()
    {
        ObjectConstraint constraint = new(new DetectPrompt("cat"), Tokenizer, Tokenizer.EosId);
        int shortest = 4 + Tokenizer.Encode(" cat").Length + 1;
        Assert.Equal([Tokenizer.EosId], constraint.Allowed(constraint.Start, shortest - 1));
        Assert.Equal(1025, constraint.Allowed(constraint.Start, shortest).Length);
        Assert.Equal(1, constraint.ShortestAnswer);
        Assert.Equal(21, new ObjectConstraint(new ReferringExpressionPrompt("cat"), Tokenizer, Tokenizer.EosId).ShortestAnswer);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    public void Restricted_logits_and_probabilities_are_those_of_the_full_head_masked(float temperature, int seed)
    {
        ObjectPrompt task = new SegmentPrompt("cat", "cat food", "dog");
        ObjectConstraint constraint = new(task, _pipeline.Tokenizer, _pipeline.Model.Config.EosTokenId);
        GenerationOptions options = new() { MaxNewTokens = 60, Temperature = temperature, Seed = (ulong)seed, Constraint = constraint };
        GeneratedText answer = _pipeline.Generate([_image], task.Text, options);
        AssertFollows(task, [.. answer.Tokens.Select(token => token.Id)]);

        using IDecodingState state = _pipeline.Prefill([_image], [task.Text])[0];
        float[] logits = new float[_pipeline.Model.Config.Text.VocabularySize];
        long place = constraint.Start;
        for (int i = 0; i < answer.Tokens.Count; i++)
        {
            GeneratedToken token = answer.Tokens[i];
            int[] allowed = constraint.Allowed(place, options.MaxNewTokens - i).ToArray();
            _pipeline.Model.ComputeLogits([state], logits);
            double[] masked = [.. allowed.Select(id => (double)logits[id])];
            double total = masked.Sum(Math.Exp);
            Assert.Equal(logits[token.Id] - Math.Log(total), token.LogProbability, 1e-4);
            int minority = Array.IndexOf(allowed, constraint.Minority(place));
            if (temperature == 0 && (minority < 0 || 2 * Math.Exp(masked[minority]) >= total))
            {
                Assert.Equal(allowed[Array.IndexOf(masked, masked.Max())], token.Id);
            }
            int[] unlimited = constraint.Allowed(place, int.MaxValue).ToArray();
            int end = constraint.Minority(place);
            bool mayEnd = end < 0 || 2 * Math.Exp(logits[end]) >= unlimited.Sum(id => Math.Exp(logits[id]));
            int preferred = unlimited.Where(id => mayEnd || id != end).MaxBy(id => logits[id]);
            Assert.Equal(!allowed.Contains(preferred), token.IsForLackOfRoom);
            if (i + 1 < answer.Tokens.Count)
            {
                _pipeline.Model.Append([state], new[] { token.Id });
                place = constraint.Advance(place, token.Id);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Every_beam_follows_the_grammar_and_one_beam_takes_what_greedy_takes(ObjectPrompt task)
    {
        ObjectConstraint constraint = new(task, _pipeline.Tokenizer, _pipeline.Model.Config.EosTokenId);
        BeamSearch search = new(_pipeline.Model, _pipeline.Tokenizer.PieceCount);
        using IDecodingState prompt = _pipeline.Prefill([_image], [task.Text])[0];
        foreach (int room in new[] { constraint.ShortestAnswer, constraint.ShortestAnswer + 12, 40 })
        {
            GenerationOptions options = new() { MaxNewTokens = room, Constraint = constraint };
            GeneratedText greedy = _pipeline.Generate([_image], task.Text, options);
            Assert.Equal(greedy.Tokens, search.Search(prompt, options));
            foreach (int beams in new[] { 2, 5 })
            {
                AssertFollows(task, [.. search.Search(prompt, options with { BeamCount = beams }).Select(token => token.Id)]);
            }
        }
    }

    [Theory]
    [InlineData(0.4, false)]
    [InlineData(0.6, true)]
    public void Nothing_is_found_greedily_only_if_that_is_likelier_than_all_places_together(double endProbability, bool isEmpty)
    {
        // What speaks for an object is spread evenly over all locations, so that each of them is far less likely than the end.
        int end = Tokenizer.EosId;
        ObjectConstraint constraint = new(new DetectPrompt("cat"), Tokenizer, end);
        int[] locations = Tokenizer.Encode(string.Concat(Enumerable.Range(0, 1024).Select(LocationTokens.Format)));
        ScriptedModel model = new(Tokenizer.PieceCount, read =>
        {
            float[] logits = new float[Tokenizer.PieceCount];
            logits[end] = (float)Math.Log(endProbability);
            foreach (int location in locations)
            {
                logits[location] = (float)Math.Log((1 - endProbability) / locations.Length);
            }
            return logits;
        });
        foreach (int beams in new[] { 1, 3 })
        {
            GenerationOptions options = new() { MaxNewTokens = 40, BeamCount = beams, Constraint = constraint };
            using IDecodingState state = model.Prefill([], new int[1]);
            GeneratedText answer = new Generator(model, Tokenizer).Generate(state, options);
            Assert.Equal(isEmpty, answer.Tokens.Count == 1);
        }
    }

    [Theory]
    [InlineData("CAT ; CAT ; CAT", 3, "CAT ; CAT ; CAT", FinishReason.Stop)]
    [InlineData("CAT ; CAT ; CAT", 2, "CAT ; CAT", FinishReason.Length)]
    [InlineData("CAT ; CAT ; CAT", 1, "CAT", FinishReason.Length)]
    [InlineData("CAT ; CAT ; CAT", 0, "", FinishReason.Length)]
    [InlineData("CAT", 1, "CAT", FinishReason.Stop)]
    [InlineData("", 0, "", FinishReason.Stop)]
    [InlineData("CAT food", 1, "CAT", FinishReason.Length)]
    public void An_answer_that_ends_where_the_model_had_more_to_say_was_cut(string wanted, int objects, string answered, FinishReason reason)
    {
        // A model that knows what it wants to say; there is room for so many cats, and the end.
        const string Cat = "<loc0100><loc0200><loc0300><loc0400> cat";
        int end = Tokenizer.EosId;
        int[] wish = [.. Tokenizer.Encode(wanted.Replace("CAT", Cat, StringComparison.Ordinal)), end];
        string room = string.Join(ObjectText.Separator, Enumerable.Repeat(Cat, objects));
        ScriptedModel model = new(Tokenizer.PieceCount, read =>
        {
            float[] logits = new float[Tokenizer.PieceCount];
            logits[read.Count <= wish.Length ? wish[read.Count - 1] : end] = 20;
            return logits;
        });
        Generator generator = new(model, Tokenizer);
        foreach (int beams in new[] { 1, 3 })
        {
            GenerationOptions options = new()
            {
                MaxNewTokens = Tokenizer.Encode(room).Length + 1,
                BeamCount = beams,
                Constraint = new ObjectConstraint(new DetectPrompt("cat", "cat food"), Tokenizer, end),
            };
            using IDecodingState state = model.Prefill([], new int[1]);
            GeneratedText answer = Assert.Single(generator.Generate([state], options));
            Assert.Equal(answered.Replace("CAT", Cat, StringComparison.Ordinal), answer.Text);
            Assert.Equal(reason, answer.FinishReason);
            GeneratedTextBuilder built = new(Tokenizer);
            Assert.All(answer.Tokens, token => built.Append(token));
            Assert.Equal(reason, built.ToGeneratedText().FinishReason);
        }
    }

    [Fact]
    public void Sequences_of_a_batch_follow_the_grammar_each_on_its_own()
    {
        DetectPrompt task = new("cat", "dog");
        GenerationOptions options =
            _pipeline.GenerationFor(task, new TaskOptions { Generation = new GenerationOptions { MaxNewTokens = 40 } });
        string[] prompts = [task.Text, "detect dog ; cat", "caption en"];
        IReadOnlyList<GeneratedText> together = _pipeline.Generate(_image, prompts, options);
        Assert.Equal(prompts.Select(prompt => _pipeline.Generate([_image], prompt, options).Text), together.Select(answer => answer.Text));
        Assert.All(together, answer => AssertFollows(task, [.. answer.Tokens.Select(token => token.Id)]));
    }

    [Fact]
    public void Too_few_tokens_are_refused_with_a_sentence()
    {
        ObjectConstraint constraint = new(new ReferringExpressionPrompt("cat"), Tokenizer, Tokenizer.EosId);
        Assert.Throws<ArgumentException>(() => new GenerationOptions { MaxNewTokens = 20, Constraint = constraint }.Validate());
        new GenerationOptions { MaxNewTokens = 21, Constraint = constraint }.Validate();
    }

    private static int[] RandomWay(ObjectConstraint constraint, int room, Random random)
    {
        List<int> tokens = [];
        for (long state = constraint.Start; ;)
        {
            Assert.True(tokens.Count < room);
            ReadOnlySpan<int> allowed = constraint.Allowed(state, room - tokens.Count);
            tokens.Add(allowed[random.Next(allowed.Length)]);
            if (tokens[^1] == Tokenizer.EosId)
            {
                return [.. tokens];
            }
            state = constraint.Advance(state, tokens[^1]);
        }
    }

    private static void AssertFollows(ObjectPrompt task, int[] tokens)
    {
        Assert.Equal(Tokenizer.EosId, tokens[^1]);
        string text = Tokenizer.Decode(tokens);
        Assert.True(ObjectText.IsWellFormed(text), text);
        Assert.Equal(Tokenizer.Encode(text), tokens[..^1]);
        IReadOnlyList<DetectedObject> objects = TaskOutputParser.ParseObjects(text, 1, 1).Objects;
        Assert.All(objects, found => Assert.Contains(found.Label, task.HasLabels ? task.Things : [""]));
        Assert.All(objects, found => Assert.Equal(task.HasMasks, found.MaskCodes is not null));
        Assert.True(task.HasLabels || objects.Count == 1);
    }

    private static DetectedObject RandomObject(ObjectPrompt task, Random random)
    {
        BoundingBox box = new(Place(0), Place(0), Place(512), Place(512));
        int[]? codes = task.HasMasks ? [.. Enumerable.Range(0, 16).Select(_ => random.Next(128))] : null;
        return new DetectedObject(task.HasLabels ? task.Things[random.Next(task.Things.Count)] : "", box, default, null, codes);

        float Place(int first) => random.Next(first, first + 512) / 1023f;
    }

    /// <summary>A text made into one that can be looked for: what the tokenizer does not give back is left out.</summary>
    private static string Writable(string text)
    {
        char[] kept = [.. text.Where(character => !char.IsSurrogate(character) && character is not (';' or '\r' or '\n' or '\u2581'))];
        return new string(kept).Trim() is { Length: > 0 } label ? label : "x";
    }
}
