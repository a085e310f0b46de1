using PaliGemma.Evaluation.Datasets;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation;

/// <summary>
/// The benchmarks of the model card (google/paligemma), as big_vision evaluates them (configs/proj/paligemma/transfers): lengths of
/// answers, beams and how pictures are resized are those of its configurations. After them the small model's, and data of any kind.
/// </summary>
public static class EvaluationTasks
{
    private const int VideoFrames = 16;
    private const int ShortVideoFrames = 8;

    /// <summary>All benchmarks, in the card's order.</summary>
    public static IReadOnlyList<EvaluationTask> All { get; } =
    [
        Captions("coco-captions", "COCO captions", CocoCaptions.Read, 141.92, 144.60) with { BeamCount = 2, Resize = ResizeMode.Bilinear },
        Captions("nocaps", "NoCaps", CocoCaptions.ReadNoCaps, 121.72, 123.58) with { BeamCount = 2, Resize = ResizeMode.Bilinear },
        Captions("coco-35l-en", "COCO-35L, English", folder => TranslatedCaptions.ReadCoco(folder, ["en"]), 139.2, 141.2)
            with { Resize = ResizeMode.Bilinear },
        Captions("coco-35l", "COCO-35L, 35 languages", folder => TranslatedCaptions.ReadCoco(folder, TaskLanguage.Codes))
            with { Resize = ResizeMode.Bilinear },
        Captions("xm3600-en", "XM3600, English", folder => TranslatedCaptions.ReadCrossmodal(folder, ["en"]), 78.1, 80.0)
            with { Resize = ResizeMode.Bilinear },
        Captions("xm3600", "XM3600, 35 languages", folder => TranslatedCaptions.ReadCrossmodal(folder, TaskLanguage.Codes), 41.3, 41.9)
            with { Resize = ResizeMode.Bilinear },
        Captions("textcaps", "TextCaps", TextCaps.Read, 127.48, 153.94) with { BeamCount = 3, Resize = ResizeMode.Bilinear },
        Captions("scicap", "SciCap", SciCap.Read, 162.25, 181.49) with { MaxNewTokens = 96, Resize = ResizeMode.Bilinear },
        Captions("screen2words", "Screen2Words", Screen2Words.Read, 117.57, 119.59)
            with { MaxNewTokens = 24, Resize = ResizeMode.Bilinear },
        Captions("widgetcap", "WidgetCap", WidgetCap.Read, 136.07, 148.36),
        Questions<VqaAccuracy>("vqav2", "VQAv2", VqaPairs.ReadVqaV2, 83.19, 85.64),
        new("mmvp", "MMVP", Mmvp.Read, _ => new PairedAccuracy())
        {
            Published = [new(224, 47.33), new(448, 45.33), new(224, 46.00, IsMix: true), new(448, 45.33, IsMix: true)],
        },
        PopePart("random", [87.80, 88.23], [88.00, 89.37]),
        PopePart("popular", [85.87, 86.77], [86.63, 88.40]),
        PopePart("adversarial", [84.27, 85.90], [85.67, 87.47]),
        Questions<RawVqaAccuracy>("okvqa", "OKVQA", VqaPairs.ReadOkVqa, 63.54, 63.15),
        Exact("aokvqa-mc", "A-OKVQA, multiple choice", AOkVqa.ReadChoices, 76.37, 76.90) with { MaxNewTokens = 128 },
        Questions<RawVqaAccuracy>("aokvqa-da", "A-OKVQA, direct answer", AOkVqa.ReadDirect, 61.85, 63.22),
        Exact("gqa", "GQA", Gqa.Read) with
        {
            Resize = ResizeMode.Bilinear,
            Published = [new(224, 65.61), new(448, 67.03), new(224, 65.20, IsMix: true), new(448, 65.47, IsMix: true)],
        },
        Mean("xgqa", "xGQA, mean of languages", Gqa.ReadTranslations, 58.37, 59.07) with { Resize = ResizeMode.Bilinear },
        Exact("nlvr2", "NLVR2", Nlvr2.Read, 90.02, 88.93) with { MaxNewTokens = 64, Resize = ResizeMode.Bilinear },
        Mean("marvl", "MaRVL, mean of languages", Nlvr2.ReadTranslations, 80.57, 76.78)
            with { MaxNewTokens = 64, Resize = ResizeMode.Bilinear },
        Exact("ai2d", "AI2D", Ai2d.Read, 72.12, 73.28) with { MaxNewTokens = 128, Resize = ResizeMode.Bilinear },
        Questions<ScienceQaAccuracy>("scienceqa", "ScienceQA", ScienceQa.Read, 95.39, 95.93)
            with { MaxNewTokens = 512, Resize = ResizeMode.Bilinear },
        RemoteSensing("rsvqa-lr", "RSVQA-LR", RsVqa.ReadLow, 92.65, 93.11),
        RemoteSensing("rsvqa-hr", "RSVQA-HR, test", folder => RsVqa.ReadHigh(folder, "test"), 92.61, 92.79),
        RemoteSensing("rsvqa-hr-2", "RSVQA-HR, test 2", folder => RsVqa.ReadHigh(folder, "test_phili"), 90.58, 90.54),
        Questions<RelaxedAccuracy>("chartqa", "ChartQA", ChartQa.Read, 57.08, 71.36) with { MaxNewTokens = 48 },
        Questions<RawVqaAccuracy>("vizwiz", "VizWiz", VizWiz.Read, 73.7, 75.52) with { MaxNewTokens = 48, Resize = ResizeMode.Bilinear },
        Questions<CountingAccuracy>("tallyqa-simple", "TallyQA, simple", folder => TallyQa.Read(folder, isSimple: true), 81.72, 84.86),
        Questions<CountingAccuracy>("tallyqa-complex", "TallyQA, complex", folder => TallyQa.Read(folder, isSimple: false), 69.56, 72.27),
        new("ocrvqa", "OCR-VQA", OcrVqa.Read, _ => new ExactMatch(ignoreCase: true)) { Published = Card(73.24, 75.60, 75.90) },
        Questions<VqaAccuracy>("textvqa", "TextVQA", DocumentQuestions.ReadTextVqa, 55.47, 73.15, 76.48),
        Questions<Anls>("docvqa", "DocVQA", DocumentQuestions.ReadDocVqa, 43.74, 78.02, 84.77),
        Questions<Anls>("infovqa", "InfographicVQA", DocumentQuestions.ReadInfoVqa, 28.46, 40.47, 47.75) with { MaxNewTokens = 48 },
        Questions<Anls>("stvqa", "ST-VQA", DocumentQuestions.ReadStVqa, 63.29, 81.82, 84.40) with { MaxNewTokens = 48 },
        Segmentation("refcoco", "val", 73.40, 75.57, 76.94),
        Segmentation("refcoco", "testA"),
        Segmentation("refcoco", "testB"),
        Segmentation("refcoco+", "val", 68.32, 69.76, 72.18),
        Segmentation("refcoco+", "testA"),
        Segmentation("refcoco+", "testB"),
        Segmentation("refcocog", "val", 67.65, 70.17, 72.22),
        Segmentation("refcocog", "test"),
        Captions("msrvtt-captions", "MSR-VTT captions", folder => VideoCaptions.ReadMsrVtt(folder, VideoFrames), 70.54)
            with { Resize = ResizeMode.Bilinear },
        Exact("msrvtt-qa", "MSR-VTT QA", folder => VideoQuestions.ReadMsrVtt(folder, VideoFrames), 50.09)
            with { MaxNewTokens = 64, Resize = ResizeMode.Bilinear },
        Captions("activitynet-captions", "ActivityNet captions", folder => VideoCaptions.ReadActivityNet(folder, VideoFrames), 34.62)
            with { MaxNewTokens = 64, Resize = ResizeMode.Bilinear },
        Exact("activitynet-qa", "ActivityNet QA", folder => VideoQuestions.ReadActivityNet(folder, VideoFrames), 50.78)
            with { MaxNewTokens = 64, Resize = ResizeMode.Bilinear },
        Captions("vatex", "VATEX", folder => VideoCaptions.ReadVatex(folder, VideoFrames), 79.73)
            with { MaxNewTokens = 64, Resize = ResizeMode.Bilinear },
        Exact("msvd-qa", "MSVD QA", folder => VideoQuestions.ReadMsvd(folder, ShortVideoFrames), 60.22)
            with { MaxNewTokens = 64, Resize = ResizeMode.Bilinear },
        new("coco-detection", "COCO detection", CocoInstances.Read, _ => new AveragePrecision())
        {
            MaxNewTokens = 512,
            Resize = ResizeMode.Bicubic,
        },
        new("shapes", "Drawn scenes", DrawnScenes.Read, decoder => new SceneAccuracy(Decode(decoder, "Drawn scenes are")))
        {
            MaxNewTokens = 256,
            Constrain = true,
            Resize = ResizeMode.Bicubic,
        },
        Exact("generic", "Lines of JSON", GenericLines.Read) with { Resize = ResizeMode.Bicubic },
        Captions("captions", "Captions in lines of JSON", GenericLines.Read) with { Resize = ResizeMode.Bicubic },
    ];

    /// <summary>The benchmark of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists those there are.</exception>
    public static EvaluationTask Named(string name) => All.FirstOrDefault(task => task.Name == name)
        ?? throw new ArgumentException($"There is no benchmark '{name}'; there are {string.Join(", ", All.Select(task => task.Name))}.");

    private static EvaluationTask Captions(
        string name, string title, Func<DatasetFolder, IEnumerable<Example>> read, params double[] published) =>
        new(name, title, read, _ => new CiderD()) { Published = Card(published) };

    private static EvaluationTask Questions<TMetric>(
        string name, string title, Func<DatasetFolder, IEnumerable<Example>> read, params double[] published)
        where TMetric : Metric, new() =>
        new(name, title, read, _ => new TMetric()) { Published = Card(published) };

    private static EvaluationTask Exact(
        string name, string title, Func<DatasetFolder, IEnumerable<Example>> read, params double[] published) =>
        new(name, title, read, _ => new ExactMatch()) { Published = Card(published) };

    private static EvaluationTask Mean(
        string name, string title, Func<DatasetFolder, IEnumerable<Example>> read, params double[] published) =>
        new(name, title, read, _ => new MeanOfTypes()) { Published = Card(published) };

    private static EvaluationTask RemoteSensing(
        string name, string title, Func<DatasetFolder, IEnumerable<Example>> read, params double[] published) =>
        new(name, title, read, _ => new MeanOfTypes(ignoreCase: true)) { Published = Card(published), Resize = ResizeMode.Bilinear };

    private static EvaluationTask PopePart(string part, double[] fineTuned, double[] mix) =>
        new($"pope-{part}", $"POPE, {part}", folder => Pope.Read(folder, part), _ => new PopeAccuracy())
        {
            MaxNewTokens = 48,
            Resize = ResizeMode.Bilinear,
            Published = [.. Card(fineTuned), .. Card(mix).Select(score => score with { IsMix = true })],
        };

    private static EvaluationTask Segmentation(string dataset, string part, params double[] published) =>
        new(
            $"{dataset}-{part}".ToLowerInvariant(),
            $"{dataset switch { "refcoco" => "RefCOCO", "refcoco+" => "RefCOCO+", _ => "RefCOCOg" }}, {part}",
            folder => RefCoco.Read(folder, dataset, part),
            decoder => new ReferringSegmentation(Decode(decoder, $"{dataset} is")))
        {
            MaxNewTokens = 48,
            Resize = ResizeMode.Bilinear,
            Published = Card(published),
        };

    private static Func<IReadOnlyList<int>, float[]> Decode(MaskDecoder? decoder, string what) => decoder is not null
        ? decoder.Decode
        : throw new ModelFileException($"{what} scored by masks, and there is no decoder for them; 'paligemma pull mask-decoder' gets it.");

    /// <summary>The card's numbers at 224, 448 and 896 pixels, as far as there are any.</summary>
    private static CardScore[] Card(params double[] values) =>
        [.. values.Zip([224, 448, 896], (value, side) => new CardScore(side, value))];
}
