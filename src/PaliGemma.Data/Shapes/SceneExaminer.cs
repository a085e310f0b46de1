using System.Globalization;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Shapes;

/// <summary>Asks about scenes, and knows the answers. What is asked about scene <c>i</c> of a seed is always the same.</summary>
/// <param name="seed">Different seeds ask different things.</param>
/// <param name="anyShare">
/// The part of the questions about things of a name that know nothing of the scene, so that most of them are not there, 0 … 1.
/// </param>
/// <param name="secondShare">The part of the questions about places that look for two things, 0 … 1; fewer where both are one.</param>
/// <param name="encodeMask">
/// Gives a shape's sixteen segmentation codes, or null to leave them out of the answer; without it, nothing is to be segmented.
/// </param>
public sealed class SceneExaminer(
    ulong seed, double anyShare = 0.12, double secondShare = 0.35, Func<SceneShape, IReadOnlyList<int>?>? encodeMask = null)
{
    /// <summary>Of so many questions about places a hard one is chosen.</summary>
    private const int Choices = 4;

    /// <summary>
    /// The part of the questions about places that are the hardest of several, 0 … 1: about shapes that begin at nearly the height of another,
    /// so that the first location alone does not tell which one is meant.
    /// </summary>
    public double HardShare { get; init; }

    /// <summary>
    /// By how much of the picture's height the order in which things are told may deviate, either way. A model that begins with the second of
    /// two things at nearly the same height then knows how to go on; 0 tells them strictly from top to bottom.
    /// </summary>
    public double OrderNoise { get; init; }

    /// <summary>The prompt for printed words.</summary>
    private const string OcrPrompt = "ocr";

    /// <summary>
    /// The stream of the choice of tasks; the stream of what is asked is the task's number plus one, and 0 is the picture's.
    /// </summary>
    private const ulong TaskStream = 255;

    /// <summary>Asks one thing of a drawn task.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="index">Its number.</param>
    /// <param name="mixture">How often each task is asked.</param>
    /// <param name="repetition">Tells apart what is asked about the same scene.</param>
    /// <exception cref="InvalidOperationException">Shapes are to be segmented, and there is nothing to encode masks.</exception>
    public SceneExample Ask(Scene scene, long index, SceneMixture mixture, int repetition = 0)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentNullException.ThrowIfNull(mixture);
        SceneRandom random = new(seed, index, Stream(TaskStream, repetition));
        return Ask(scene, index, mixture.Draw(scene, ref random), repetition);
    }

    /// <summary>Asks one thing.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="index">Its number.</param>
    /// <param name="task">What to ask for.</param>
    /// <param name="repetition">Tells apart what is asked for the same task about the same scene.</param>
    /// <exception cref="InvalidOperationException">Shapes are to be segmented, and there is nothing to encode masks.</exception>
    public SceneExample Ask(Scene scene, long index, SceneTask task, int repetition = 0)
    {
        ArgumentNullException.ThrowIfNull(scene);
        SceneRandom random = new(seed, index, Stream((ulong)task + 1, repetition));
        return task switch
        {
            SceneTask.Caption => Caption(scene, ref random),
            SceneTask.Answer => Answer(scene, ref random),
            SceneTask.Ocr => Ocr(scene),
            SceneTask.Detect => Detect(scene, ref random),
            _ => Segment(scene, ref random),
        };
    }

    private static ulong Stream(ulong kind, int repetition) => kind + ((ulong)repetition << 8);

    private static SceneExample Caption(Scene scene, ref SceneRandom random)
    {
        ShapeLanguage language = ShapeLanguage.All[random.Weighted([2, 1, 1])];
        return new SceneExample(SceneTask.Caption, $"caption {language.Code}", language.Caption(scene))
        {
            Parts = scene.CaptionParts(),
        };
    }

    private SceneExample Answer(Scene scene, ref SceneRandom random)
    {
        ShapeQuery query = ShapeQuery.Draw(scene, anyShare, ref random);
        switch (random.Weighted([4, 3, 2, 1]))
        {
            case 0:
                int count = scene.Shapes.Count(query.Matches);
                return Create($"how many {query.Plural} are there?", count.ToString(CultureInfo.InvariantCulture), query.Matches);
            case 1 when ColorOf(scene, query.Kind) is string color:
                return Create($"what color is the {EnglishShapes.Name(query.Kind)}?", color, shape => shape.Kind == query.Kind);
            case 2:
                ShapeQuery other = random.Chance(0.5) ? query : ShapeQuery.DrawAny(ref random);
                return Create($"is there {other.WithArticle}?", scene.Shapes.Any(other.Matches) ? "yes" : "no", other.Matches);
            default:
                return Create("how many shapes are there?", scene.Shapes.Count.ToString(CultureInfo.InvariantCulture), _ => true);
        }

        SceneExample Create(string question, string answer, Func<SceneShape, bool> isAbout) =>
            new(SceneTask.Answer, $"answer en {question}", answer) { Parts = Number(scene, isAbout) };
    }

    /// <summary>Numbers the shapes that an answer is about, in their order.</summary>
    private static IReadOnlyList<int> Number(Scene scene, Func<SceneShape, bool> isAbout)
    {
        int last = 0;
        return [.. scene.Shapes.Select(shape => isAbout(shape) ? ++last : 0), .. scene.Words.Select(_ => 0)];
    }

    /// <summary>The colour of the shapes of a kind, "none" if there is no such shape; null if they have several.</summary>
    private static string? ColorOf(Scene scene, ShapeKind kind)
    {
        ShapeColor[] colors = [.. scene.Shapes.Where(shape => shape.Kind == kind).Select(shape => shape.Color).Distinct()];
        return colors.Length switch { 0 => "none", 1 => EnglishShapes.Name(colors[0]), _ => null };
    }

    private static SceneExample Ocr(Scene scene) => new(SceneTask.Ocr, OcrPrompt, string.Join('\n', scene.Words.Select(word => word.Text)))
    {
        Parts = [.. scene.Shapes.Select(_ => 0), .. Enumerable.Range(1, scene.Words.Count)],
    };

    private SceneExample Detect(Scene scene, ref SceneRandom random)
    {
        IReadOnlyList<ShapeQuery> queries = DrawQueries(scene, ref random);
        string prompt = new DetectPrompt([.. queries.Select(query => query.Name)]).Text;
        return Find(SceneTask.Detect, scene, queries, prompt, _ => null, ref random);
    }

    private SceneExample Segment(Scene scene, ref SceneRandom random)
    {
        Func<SceneShape, IReadOnlyList<int>?> encode = encodeMask
            ?? throw new InvalidOperationException("Examples of segmentation need a mask encoder.");
        IReadOnlyList<ShapeQuery> queries = DrawQueries(scene, ref random);
        string prompt = new SegmentPrompt([.. queries.Select(query => query.Name)]).Text;
        return Find(SceneTask.Segment, scene, queries, prompt, encode, ref random);
    }

    private SceneExample Find(
        SceneTask task,
        Scene scene,
        IReadOnlyList<ShapeQuery> queries,
        string prompt,
        Func<SceneShape, IReadOnlyList<int>?> encode,
        ref SceneRandom random)
    {
        List<int> found = [.. Enumerable.Range(0, scene.Shapes.Count).Where(i => queries.Any(query => query.Matches(scene.Shapes[i])))];
        if (OrderNoise > 0)
        {
            float[] heights = new float[scene.Shapes.Count];
            foreach (int i in found)
            {
                heights[i] = scene.Shapes[i].Box.Y1 + random.Between(-OrderNoise, OrderNoise);
            }
            found.Sort((first, second) => heights[first].CompareTo(heights[second]));
        }
        List<string> answer = [];
        int[] parts = new int[scene.Shapes.Count + scene.Words.Count];
        foreach (int i in found)
        {
            SceneShape shape = scene.Shapes[i];
            ShapeQuery query = queries.First(query => query.Matches(shape));
            answer.Add(ObjectText.Format(query.Name, shape.Box, encode(shape)));
            parts[i] = answer.Count + (query == queries[0] ? 0 : SceneExample.SecondThing);
        }
        return new SceneExample(task, prompt, string.Join(ObjectText.Separator, answer)) { Parts = parts };
    }

    /// <summary>What to look for: at times the hardest of several choices, but nothing else instead of what is not there.</summary>
    private List<ShapeQuery> DrawQueries(Scene scene, ref SceneRandom random)
    {
        List<ShapeQuery> queries = DrawAnyQueries(scene, ref random);
        if (HardShare > 0 && random.Chance(HardShare) && Gap(scene, queries) is float gap)
        {
            for (int i = 1; i < Choices; i++)
            {
                List<ShapeQuery> others = DrawAnyQueries(scene, ref random);
                if (Gap(scene, others) is float smaller && smaller < gap)
                {
                    (queries, gap) = (others, smaller);
                }
            }
        }
        return queries;
    }

    /// <summary>One or two things to look for, of which no shape is both.</summary>
    private List<ShapeQuery> DrawAnyQueries(Scene scene, ref SceneRandom random)
    {
        List<ShapeQuery> queries = [ShapeQuery.Draw(scene, anyShare, ref random)];
        if (random.Chance(secondShare))
        {
            ShapeQuery second = ShapeQuery.Draw(scene, anyShare, ref random);
            if (!queries[0].Overlaps(second))
            {
                queries.Add(second);
            }
        }
        return queries;
    }

    /// <summary>
    /// The smallest difference in height between the upper edge of a shape that is looked for and that of any other; null where none is found.
    /// </summary>
    private static float? Gap(Scene scene, List<ShapeQuery> queries)
    {
        float? smallest = null;
        foreach (SceneShape shape in scene.Shapes.Where(shape => queries.Exists(query => query.Matches(shape))))
        {
            float gap = scene.Shapes.Where(other => other != shape).Select(other => MathF.Abs(other.Box.Y1 - shape.Box.Y1)).DefaultIfEmpty(1).Min();
            smallest = Math.Min(smallest ?? 1, gap);
        }
        return smallest;
    }
}
