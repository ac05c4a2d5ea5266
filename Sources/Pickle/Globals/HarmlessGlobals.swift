/// Names that honest files have, each looked at: calling them makes a value and nothing else.
///
/// The estimators are those that scikit-learn itself pickles; a plug-in's classes are not among them.
enum HarmlessGlobals {
    static func contains(module: String, name: String) -> Bool {
        table[module]?.contains(name) ?? false
    }

    private static let table: [String: Set<String>] = lines.split(separator: "\n").reduce(into: [:]) { table, line in
        let words = line.split(separator: " ").map(String.init)
        guard let module = words.first else { return }
        table[module, default: []].formUnion(words.dropFirst())
    }

    private static let lines = python + numpy + torch + scikitLearn

    private static let python = """
        builtins object list tuple dict set frozenset bytes bytearray complex int float bool str slice range
        __builtin__ object list tuple dict set frozenset bytes bytearray complex int long float bool str unicode slice
        copyreg _reconstructor __newobj__ __newobj_ex__
        copy_reg _reconstructor __newobj__
        _codecs encode
        collections OrderedDict Counter deque UserList UserDict
        datetime datetime date time timedelta timezone
        decimal Decimal
        fractions Fraction
        uuid UUID
        pathlib PosixPath PurePosixPath

        """

    private static let numpy = """
        numpy ndarray dtype float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool_ str_ bytes_
        numpy bool complex64 complex128 longlong
        numpy.core.multiarray _reconstruct scalar
        numpy._core.multiarray _reconstruct scalar
        numpy.core.numeric _frombuffer
        numpy._core.numeric _frombuffer
        numpy.random._pickle __randomstate_ctor __generator_ctor __bit_generator_ctor
        numpy.random._mt19937 MT19937
        numpy.random._pcg64 PCG64
        numpy.random.mtrand RandomState
        numpy.random.bit_generator SeedSequence __pyx_unpickle_SeedSequence
        numpy.ma.core _mareconstruct MaskedArray
        numpy.ma MaskedArray
        numpy.matrixlib.defmatrix matrix
        joblib.numpy_pickle NumpyArrayWrapper NDArrayWrapper ZNDArrayWrapper
        scipy.sparse._csr csr_matrix csr_array
        scipy.sparse._csc csc_matrix csc_array
        scipy.sparse.csr csr_matrix
        scipy.sparse.csc csc_matrix

        """

    private static let torch = """
        torch._utils _rebuild_tensor _rebuild_tensor_v2 _rebuild_parameter _rebuild_parameter_with_state
        torch._utils _rebuild_sparse_tensor _rebuild_qtensor _rebuild_meta_tensor_no_storage
        torch._tensor _rebuild_from_type_v2
        torch.nn.parameter Parameter Buffer
        torch Size Tensor device dtype FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage
        torch ShortStorage CharStorage ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage
        torch QInt8Storage QUInt8Storage QInt32Storage Float8_e4m3fnStorage Float8_e5m2Storage
        torch float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 uint16 uint32 uint64 bool complex64 complex128
        torch float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz qint8 quint8 qint32
        torch per_tensor_affine per_channel_affine
        torch.storage UntypedStorage TypedStorage _UntypedStorage _TypedStorage
        torch.serialization _get_layout

        """

    private static let scikitLearn = """
        sklearn.linear_model._logistic LogisticRegression LogisticRegressionCV
        sklearn.linear_model._base LinearRegression
        sklearn.linear_model._ridge Ridge RidgeCV RidgeClassifier RidgeClassifierCV _RidgeGCV _IdentityRegressor
        sklearn.linear_model._coordinate_descent Lasso LassoCV ElasticNet ElasticNetCV MultiTaskLasso MultiTaskElasticNet
        sklearn.linear_model._stochastic_gradient SGDClassifier SGDRegressor
        sklearn.linear_model._perceptron Perceptron
        sklearn.linear_model._passive_aggressive PassiveAggressiveClassifier PassiveAggressiveRegressor
        sklearn.linear_model._bayes BayesianRidge ARDRegression
        sklearn.linear_model._huber HuberRegressor
        sklearn.linear_model._least_angle Lars LassoLars LarsCV LassoLarsCV LassoLarsIC
        sklearn.linear_model._omp OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV
        sklearn.linear_model._glm.glm PoissonRegressor GammaRegressor TweedieRegressor
        sklearn.linear_model._quantile QuantileRegressor
        sklearn.linear_model._theil_sen TheilSenRegressor
        sklearn.linear_model._ransac RANSACRegressor
        sklearn.discriminant_analysis LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis
        sklearn.svm._classes SVC SVR LinearSVC LinearSVR NuSVC NuSVR OneClassSVM
        sklearn.neural_network._multilayer_perceptron MLPClassifier MLPRegressor
        sklearn.neural_network._stochastic_optimizers AdamOptimizer SGDOptimizer
        sklearn.tree._classes DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor
        sklearn.tree._tree Tree
        sklearn.ensemble._forest RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor
        sklearn.ensemble._gb GradientBoostingClassifier GradientBoostingRegressor
        sklearn.ensemble._gb_losses LeastSquaresError LeastAbsoluteError HuberLossFunction QuantileLossFunction
        sklearn.ensemble._gb_losses BinomialDeviance MultinomialDeviance ExponentialLoss
        sklearn.ensemble._hist_gradient_boosting.gradient_boosting HistGradientBoostingClassifier
        sklearn.ensemble._hist_gradient_boosting.gradient_boosting HistGradientBoostingRegressor
        sklearn.ensemble._hist_gradient_boosting.predictor TreePredictor
        sklearn.ensemble._hist_gradient_boosting.binning _BinMapper
        sklearn.ensemble._hist_gradient_boosting.loss LeastSquares LeastAbsoluteDeviation Poisson BinaryCrossEntropy
        sklearn.ensemble._hist_gradient_boosting.loss CategoricalCrossEntropy
        sklearn.ensemble._bagging BaggingClassifier BaggingRegressor
        sklearn.ensemble._weight_boosting AdaBoostClassifier AdaBoostRegressor
        sklearn.ensemble._voting VotingClassifier VotingRegressor
        sklearn.ensemble._stacking StackingClassifier StackingRegressor
        sklearn.ensemble._iforest IsolationForest
        sklearn._loss.loss HalfSquaredError AbsoluteError HuberLoss PinballLoss HalfPoissonLoss HalfGammaLoss
        sklearn._loss.loss HalfBinomialLoss HalfMultinomialLoss ExponentialLoss HalfTweedieLoss HalfTweedieLossIdentity
        sklearn._loss.link IdentityLink LogLink LogitLink HalfLogitLink MultinomialLogit Interval
        sklearn._loss._loss CyHalfSquaredError CyAbsoluteError CyHuberLoss CyPinballLoss CyHalfPoissonLoss
        sklearn._loss._loss CyHalfGammaLoss CyHalfBinomialLoss CyHalfMultinomialLoss CyExponentialLoss
        sklearn._loss._loss CyHalfTweedieLoss CyHalfTweedieLossIdentity
        _loss CyHalfSquaredError CyAbsoluteError CyHuberLoss CyPinballLoss CyHalfPoissonLoss CyHalfGammaLoss
        _loss CyHalfBinomialLoss CyHalfMultinomialLoss CyExponentialLoss
        _loss CyHalfTweedieLoss CyHalfTweedieLossIdentity
        _loss __pyx_unpickle_CyHalfSquaredError __pyx_unpickle_CyAbsoluteError __pyx_unpickle_CyHuberLoss
        _loss __pyx_unpickle_CyPinballLoss __pyx_unpickle_CyHalfPoissonLoss __pyx_unpickle_CyHalfGammaLoss
        _loss __pyx_unpickle_CyHalfBinomialLoss __pyx_unpickle_CyHalfMultinomialLoss __pyx_unpickle_CyExponentialLoss
        _loss __pyx_unpickle_CyHalfTweedieLoss __pyx_unpickle_CyHalfTweedieLossIdentity
        sklearn._loss._loss __pyx_unpickle_CyHalfSquaredError __pyx_unpickle_CyAbsoluteError
        sklearn._loss._loss __pyx_unpickle_CyHuberLoss __pyx_unpickle_CyPinballLoss __pyx_unpickle_CyHalfPoissonLoss
        sklearn._loss._loss __pyx_unpickle_CyHalfGammaLoss __pyx_unpickle_CyHalfBinomialLoss
        sklearn._loss._loss __pyx_unpickle_CyHalfMultinomialLoss __pyx_unpickle_CyExponentialLoss
        sklearn._loss._loss __pyx_unpickle_CyHalfTweedieLoss __pyx_unpickle_CyHalfTweedieLossIdentity
        sklearn._loss.glm_distribution PoissonDistribution GammaDistribution NormalDistribution TweedieDistribution
        sklearn._loss.glm_distribution InverseGaussianDistribution DistributionBoundary
        sklearn.linear_model._glm.link LogLink IdentityLink LogitLink
        sklearn.metrics._scorer _passthrough_scorer _PassthroughScorer
        sklearn.utils._metadata_requests MetadataRequest MethodMetadataRequest
        sklearn.cluster._kmeans KMeans MiniBatchKMeans BisectingKMeans
        sklearn.naive_bayes GaussianNB MultinomialNB BernoulliNB ComplementNB
        sklearn.neighbors._classification KNeighborsClassifier
        sklearn.neighbors._regression KNeighborsRegressor
        sklearn.dummy DummyClassifier DummyRegressor
        sklearn.decomposition._pca PCA
        sklearn.decomposition._incremental_pca IncrementalPCA
        sklearn.decomposition._truncated_svd TruncatedSVD
        sklearn.preprocessing._data StandardScaler MinMaxScaler MaxAbsScaler RobustScaler Normalizer Binarizer
        sklearn.preprocessing._data QuantileTransformer PowerTransformer KernelCenterer
        sklearn.preprocessing._polynomial PolynomialFeatures SplineTransformer
        sklearn.preprocessing._encoders OneHotEncoder OrdinalEncoder
        sklearn.preprocessing._label LabelEncoder LabelBinarizer MultiLabelBinarizer
        sklearn.preprocessing._discretization KBinsDiscretizer
        sklearn.preprocessing._function_transformer FunctionTransformer
        sklearn.impute._base SimpleImputer MissingIndicator
        sklearn.impute._knn KNNImputer
        sklearn.pipeline Pipeline FeatureUnion
        sklearn.compose._column_transformer ColumnTransformer make_column_selector _RemainderColsList
        sklearn.compose._target TransformedTargetRegressor
        sklearn.model_selection._search GridSearchCV RandomizedSearchCV
        sklearn.model_selection._split KFold StratifiedKFold ShuffleSplit StratifiedShuffleSplit GroupKFold
        sklearn.calibration CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration
        sklearn.isotonic IsotonicRegression
        sklearn.feature_selection._univariate_selection SelectKBest SelectPercentile f_classif f_regression chi2
        sklearn.feature_selection._variance_threshold VarianceThreshold
        sklearn.feature_extraction.text CountVectorizer TfidfVectorizer TfidfTransformer HashingVectorizer
        sklearn.utils._bunch Bunch
        sklearn.utils Bunch
        sklearn.metrics._dist_metrics EuclideanDistance EuclideanDistance64 newObj

        """
}
